"""trade-core's books, as people see them: balances, entries, and what could not be applied."""

from typing import Any

import pytest

from .conftest import Admin
from .test_console import session_of

NOW = "2026-11-22T08:00:00Z"
BALANCES = {
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
    answer = await admin.http.post("/api/dead-letters/7/replay")
    assert (answer.status_code, answer.json()) == (200, letter)
    [entry] = await admin.audit(entity_id="7")
    assert (entry["action"], entry["after"]) == (
        "dead_letter.replayed",
        {"outcome": outcome, "key": "P1"},
    )


async def test_a_letter_that_is_not_there_is_not_found(admin: Admin) -> None:
    answer = await admin.http.post("/api/dead-letters/404/replay")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await admin.audit(entity_id="404"))[0]["after"] == {"outcome": "not_found"}


@pytest.mark.parametrize("path", ["0/replay", f"{2**63}/replay", "x/replay"])
async def test_an_id_that_cannot_be_is_refused(admin: Admin, path: str) -> None:
    assert (await admin.http.post(f"/api/dead-letters/{path}")).status_code == 422


async def test_the_books_are_for_people_who_are_logged_in(admin: Admin) -> None:
    for path in ("ledger/balances", "ledger/entries?subject=P1", "dead-letters"):
        assert (await admin.anonymous.get(f"/api/{path}")).status_code == 401
    assert (await admin.anonymous.post("/api/dead-letters/7/replay")).status_code == 401


async def test_the_ledger_has_a_page(admin: Admin) -> None:
    admin.trade_core.answers["/internal/ledger/balances"] = BALANCES
    headers = await session_of(admin)
    query = {"merchant_id": "M1", "lang": "en"}
    page = await admin.anonymous.get("/console/ledger", params=query, headers=headers)
    assert page.text.count("¥12.99") == 2
    assert "Receivable at the channel" in page.text
    assert admin.trade_core.queries == [{"merchant_id": "M1", "limit": "50"}]
