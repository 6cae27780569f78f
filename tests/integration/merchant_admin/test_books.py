"""trade-core's books, as people see them: balances, entries, and what could not be applied."""

import re
from base64 import b64encode
from typing import Any

import pytest

from .conftest import Admin
from .people import Person
from .test_configuration import CREDENTIALS
from .test_console import EVIL

NOW = "2026-11-22T08:00:00Z"
BALANCES: dict[str, Any] = {
    "items": [
        {"merchant_id": "M1", "payment_id": "C1", "currency": "CNY", "purpose": purpose,
         "amount": amount}
        for purpose, amount in (("channel_receivable", 1299), ("merchant_payable", -1299))
    ],
    "next_cursor": "b64",
}  # fmt: skip
ENTRIES = {
    "items": [
        {"kind": "payment_captured", "subject": "P1", "at": NOW, "merchant_id": "M1",
         "payment_id": "C1", "currency": "CNY",
         "postings": [{"purpose": "channel_receivable", "amount": 1299},
                      {"purpose": "merchant_payable", "amount": -1299}]},
    ]
}  # fmt: skip
LETTER = {
    "id": 7, "topic": "paymesh.payment-results.v1", "partition": 3, "offset": 12, "key": "P1",
    "headers": {"ce_type": "payment.result"}, "value_base64": "e30=", "is_cut": False,
    "error": "nobody here knows P1", "parked_at": NOW, "tries": 0, "replayed_at": None,
    "version": 3,
}  # fmt: skip


async def test_balances_are_trade_cores_with_the_filters_that_were_given(admin: Admin) -> None:
    admin.trade_core.answers["/internal/ledger/balances"] = BALANCES
    query = {"merchant_id": "M1", "after": "b64", "limit": "2"}
    answer = await admin.http.get("/api/ledger/balances", params=query)
    assert (answer.status_code, answer.json()) == (200, BALANCES)
    assert admin.trade_core.queries == [query]


async def test_entries_of_a_number_are_trade_cores(admin: Admin) -> None:
    admin.trade_core.answers["/internal/ledger/entries"] = ENTRIES
    answer = await admin.http.get("/api/ledger/entries", params={"subject": "P1"})
    assert answer.json() == ENTRIES
    missing = await admin.http.get("/api/ledger/entries")
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "/subject")


async def test_dead_letters_are_listed(admin: Admin) -> None:
    page = {"items": [LETTER], "next_cursor": "7"}
    admin.trade_core.answers["/internal/dead-letters"] = page
    answer = await admin.http.get("/api/dead-letters", params={"after": 9})
    assert answer.json() == page
    assert admin.trade_core.queries == [{"after": "9", "limit": "50"}]


@pytest.mark.parametrize(
    ("replayed_at", "outcome"), [(NOW, "applied"), (None, "refused")], ids=["applied", "refused"]
)
async def test_a_replay_is_audited_with_what_came_of_it(
    admin: Admin, replayed_at: str | None, outcome: str
) -> None:
    letter: dict[str, Any] = {**LETTER, "tries": 1, "replayed_at": replayed_at}
    admin.trade_core.answers["/internal/dead-letters/7/replay"] = letter
    answer = await admin.http.post("/api/dead-letters/7/replay", json={"version": 3})
    assert (answer.status_code, answer.json()) == (200, letter)
    assert admin.trade_core.sent == [("dead-letters/7/replay", {"version": 3})]
    [entry] = await admin.audit(entity_id="7")
    assert (entry["action"], entry["after"]) == (
        "dead_letter.replayed",
        {"outcome": outcome, "key": "P1"},
    )


async def test_a_letter_that_is_not_there_is_not_found(admin: Admin) -> None:
    answer = await admin.http.post("/api/dead-letters/404/replay", json={"version": 0})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await admin.audit(entity_id="404"))[0]["after"] == {"outcome": "not_found"}


@pytest.mark.parametrize("path", ["0/replay", f"{2**63}/replay", "x/replay"])
async def test_an_id_that_cannot_be_is_refused(admin: Admin, path: str) -> None:
    answer = await admin.http.post(f"/api/dead-letters/{path}", json={"version": 0})
    assert answer.status_code == 422


@pytest.mark.parametrize("version", [None, -1, "3", 2**63, True])
async def test_a_replay_names_the_version_that_was_shown(admin: Admin, version: object) -> None:
    body = {} if version is None else {"version": version}
    answer = await admin.http.post("/api/dead-letters/7/replay", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/version")
    assert admin.trade_core.sent == []


async def test_the_books_are_for_people_who_are_logged_in(admin: Admin) -> None:
    for path in ("ledger/balances", "ledger/entries?subject=P1", "dead-letters"):
        assert (await admin.anonymous.get(f"/api/{path}")).status_code == 401
    assert (await admin.anonymous.post("/api/dead-letters/7/replay")).status_code == 401


async def test_the_ledger_has_a_page(admin: Admin) -> None:
    admin.trade_core.answers["/internal/ledger/balances"] = BALANCES
    person = await Person.logged_in(admin)
    page = await person.open_page("ledger", merchant_id="M1")
    assert page.count("¥12.99") == 2
    assert "Receivable at the channel" in page
    assert admin.trade_core.queries == [{"merchant_id": "M1", "limit": "50"}]


async def test_the_ledger_names_the_account_and_its_channel(admin: Admin) -> None:
    merchant = await admin.post("/api/merchants", {"name": "绿城物业"})
    path = f"/api/merchants/{merchant['merchant_id']}/channel-accounts"
    body = {"channel": "wechat", "name": "北门收费处", "credentials": CREDENTIALS}
    account = await admin.post(path, body)
    [held, owed] = BALANCES["items"]
    items = [{**held, "payment_id": account["payment_id"]}, owed]
    admin.trade_core.answers["/internal/ledger/balances"] = {**BALANCES, "items": items}
    page = await (await Person.logged_in(admin)).open_page("ledger")
    assert page.count("北门收费处") == 1
    assert re.search(r'WeChat Pay · <span class="data">北门收费处</span>', page)


async def test_a_dead_letter_is_shown_with_its_reason_and_its_text_made_harmless(
    admin: Admin,
) -> None:
    evil = f"{EVIL}\x00\u202e{'x' * 2_000}".encode() + b"\xff"
    letter = {**LETTER, "value_base64": b64encode(evil).decode(), "tries": 2}
    page = {"items": [letter], "next_cursor": "7"}
    admin.trade_core.answers["/internal/dead-letters"] = page
    html = await (await Person.logged_in(admin)).open_page("dead-letters", after="9")
    assert admin.trade_core.queries == [{"after": "9", "limit": "50"}]
    assert "nobody here knows P1" in html
    assert "2026-11-22 16:00:00" in html
    assert 'href="/console/search?q=P1"' in html
    assert "&lt;script&gt;" in html
    assert "\ufffd\ufffdxxx" in html
    for gone in ("<script>", "\x00", "\u202e", "x" * 1_000):
        assert gone not in html
    assert "Only its beginning is shown." in html
    assert 'action="/console/dead-letters/7/replay"' in html
    assert 'name="version" value="3"' in html
    assert "after=7" in html


async def test_a_dead_letter_is_tried_again_on_the_page(admin: Admin) -> None:
    applied = {**LETTER, "tries": 1, "replayed_at": NOW}
    admin.trade_core.answers["/internal/dead-letters/7/replay"] = applied
    admin.trade_core.answers["/internal/dead-letters"] = {"items": [applied], "next_cursor": None}
    person = await Person.logged_in(admin)

    foreign = await person.send("dead-letters/7/replay", csrf="0" * 64)
    assert (foreign.status_code, admin.trade_core.queries) == (401, [])

    answer = await person.send("dead-letters/7/replay", version="3")
    assert admin.trade_core.sent == [("dead-letters/7/replay", {"version": 3})]
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/console/dead-letters?after=8&done=letter_replayed",
    )
    html = await person.open_page("dead-letters", after="8", done="letter_replayed")
    assert "It was tried again" in html
    assert "Applied" in html
    assert "/replay" not in html
    [entry] = await admin.audit(entity_id="7")
    assert entry["action"] == "dead_letter.replayed"


async def test_a_viewer_sees_dead_letters_and_cannot_have_them_tried_again(admin: Admin) -> None:
    admin.trade_core.answers["/internal/dead-letters"] = {"items": [LETTER], "next_cursor": None}
    viewer = await Person.hired(admin, "viewer")
    assert "/replay" not in await viewer.open_page("dead-letters")
    admin.trade_core.queries.clear()
    refused = await viewer.send("dead-letters/7/replay")
    assert (refused.status_code, admin.trade_core.queries) == (403, [])
    assert "You do not have this right" in refused.text


async def test_books_that_do_not_answer_are_said_on_the_page(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    for path in ("ledger", "dead-letters"):
        assert 'role="alert"' in await person.open_page(path)
    answer = await person.send("dead-letters/404/replay", version="0")
    assert answer.headers["location"] == "/console/dead-letters?after=405&problem=core_refused"
