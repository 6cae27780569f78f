"""Reconciliation (对账), as people see and settle it: trade-core's words, audited."""

import hashlib
from typing import Any

import pytest
from fastapi.responses import JSONResponse

from contracts.identifiers import new_id

from .conftest import Admin
from .conftest import problem as refusal
from .people import Person, marked
from .test_configuration import merchant
from .test_console import EVIL

NOW = "2026-11-22T04:05:06Z"
STATEMENT_NO, DIFFERENCE_NO = new_id("statement"), new_id("difference")
PATH = f"/internal/reconciliations/{STATEMENT_NO}"
SETTLE = f"/internal/differences/{DIFFERENCE_NO}/settle"
REASON = "渠道多收一分，已与渠道对清"

STATEMENT: dict[str, Any] = {
    "statement_no": STATEMENT_NO, "merchant_id": "M1", "payment_id": "C1", "channel": "wechat",
    "day": "2026-11-21", "state": "differs", "attempts": 0, "next_look_at": None,
    "fetched_at": NOW, "compared_at": NOW, "note": EVIL, "currency": "CNY", "rows": 3,
    "payments": 1, "paid": 1300, "refunds": 1, "refunded": 299, "foreign_rows": 1, "fees": -6,
    "fees_booked": None, "open_differences": 1, "file_sha256": None, "totals": [],
}  # fmt: skip
TOTALS: list[dict[str, Any]] = [
    {"currency": "JPY", "payments": 1, "paid": 10_000, "refunds": 0, "refunded": 0, "fees": 30,
     "fees_booked": 30},
    {"currency": "USD", "payments": 1, "paid": 5000, "refunds": 1, "refunded": 500, "fees": 172,
     "fees_booked": 172},
]  # fmt: skip
DIFFERENCE: dict[str, Any] = {
    "difference_no": DIFFERENCE_NO, "statement_no": STATEMENT_NO, "merchant_id": "M1",
    "payment_id": "C1", "channel": "wechat", "day": "2026-11-21", "kind": "amount",
    "about": "payment", "subject": new_id("payment"), "channel_no": "4200", "our_amount": 1299,
    "our_currency": "CNY", "our_status": "succeeded", "billed_amount": 1300,
    "billed_currency": "CNY", "state": "open", "found_at": NOW, "closed_at": None, "reason": None,
    "settled_by": None, "version": 4, "detail": None,
}  # fmt: skip
SETTLED = {**DIFFERENCE, "state": "settled", "closed_at": NOW, "reason": EVIL, "settled_by": "li"}


def on_file(*differences: dict[str, Any], **changes: Any) -> dict[str, Any]:
    page = {"items": list(differences), "next_cursor": "D9"}
    return {**STATEMENT, **changes, "differences": page}


@pytest.fixture(autouse=True)
def known(admin: Admin) -> None:
    page = {"items": [STATEMENT], "next_cursor": "B9"}
    admin.trade_core.answers["/internal/reconciliations"] = page
    admin.trade_core.answers[PATH] = on_file(DIFFERENCE)
    admin.trade_core.answers[f"{PATH}/fetch"] = STATEMENT
    admin.trade_core.answers[SETTLE] = SETTLED


async def test_statements_are_trade_cores_with_the_filters_that_were_given(admin: Admin) -> None:
    query = {"state": "differs", "from": "2026-11-20", "to": "2026-11-21", "limit": "2"}
    answer = await admin.http.get("/api/reconciliations", params={**query, "colour": "red"})
    assert answer.json() == admin.trade_core.answers["/internal/reconciliations"]
    assert admin.trade_core.queries == [query]
    wrong = await admin.http.get("/api/reconciliations", params={"from": "yesterday"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/from")


async def test_one_statement_is_shown_with_a_page_of_its_differences(admin: Admin) -> None:
    answer = await admin.http.get(f"/api/reconciliations/{STATEMENT_NO}", params={"after": "D9"})
    assert answer.json() == on_file(DIFFERENCE)
    assert admin.trade_core.queries == [{"after": "D9", "limit": "50"}]
    for unknown in (new_id("statement"), "B1", new_id("payment")):
        assert (await admin.http.get(f"/api/reconciliations/{unknown}")).status_code == 404


async def test_a_statement_of_a_day_is_asked_for_at_the_accounts_own_channel(admin: Admin) -> None:
    admin.trade_core.answers["/internal/reconciliations"] = STATEMENT
    merchant_id = await merchant(admin)
    account = {"channel": "wechat", "name": "x", "credentials": {"mchid": "1", "apiv3_key": "2"}}
    made = await admin.post(f"/api/merchants/{merchant_id}/channel-accounts", account)
    payment_id = made["payment_id"]
    request = {"payment_id": payment_id, "day": "2026-11-21"}
    answer = await admin.http.post("/api/reconciliations", json=request)
    assert (answer.status_code, answer.json()) == (202, STATEMENT)
    asked = {**request, "merchant_id": merchant_id, "channel": "wechat"}
    assert admin.trade_core.sent == [("reconciliations", asked)]
    assert (await admin.audit(action="statement.requested"))[0]["entity_id"] == payment_id

    request["payment_id"] = new_id("channel_account")
    answer = await admin.http.post("/api/reconciliations", json=request)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/payment_id")


async def test_a_statement_is_fetched_again_and_that_is_audited(admin: Admin) -> None:
    answer = await admin.http.post(f"/api/reconciliations/{STATEMENT_NO}/fetch")
    assert (answer.status_code, answer.json()) == (202, STATEMENT)
    [entry] = await admin.audit(entity_id=STATEMENT_NO)
    assert (entry["action"], entry["after"]) == ("statement.fetched", {"outcome": "done"})


async def test_a_difference_is_settled_with_a_reason_by_whoever_is_logged_in(admin: Admin) -> None:
    path = f"/api/differences/{DIFFERENCE_NO}/settle"
    for wrong in (
        {},
        {"reason": " "},
        {"reason": REASON, "version": 4, "decided_by": "x"},
        {"reason": REASON},
    ):
        assert (await admin.http.post(path, json=wrong)).status_code == 422
    assert admin.trade_core.sent == []

    answer = await admin.http.post(path, json={"reason": REASON, "version": 4})
    assert (answer.status_code, answer.json()) == (200, SETTLED)
    sent = {"reason": REASON, "decided_by": "admin", "version": 4}
    assert admin.trade_core.sent == [(f"differences/{DIFFERENCE_NO}/settle", sent)]
    [entry] = await admin.audit(entity_id=DIFFERENCE_NO)
    assert (entry["action"], entry["after"]) == ("difference.settled", {**sent, "outcome": "done"})


async def test_the_pages_show_the_statements_and_what_differs(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    html = await person.open_page("reconciliations", state="differs", **{"from": "2026-11-20"})
    query = {"state": "differs", "from": "2026-11-20", "limit": "50"}
    assert admin.trade_core.queries == [query]
    for text in ("2026-11-21", "¥13.00", "-¥0.06", "WeChat Pay", "Differs", "after=B9"):
        assert text in html
    assert f'href="/console/reconciliations/{STATEMENT_NO}"' in html

    html = await person.open_page(f"reconciliations/{STATEMENT_NO}")
    for text in (
        "¥12.99",
        "¥13.00",
        "Another amount",
        "Open",
        "4200",
        "&lt;script&gt;",
        "after=D9",
    ):
        assert text in html
    assert "<script>" not in html
    assert f"search?q={DIFFERENCE['subject']}" in html
    assert "refresh" not in html


@pytest.mark.parametrize(
    ("state", "next_look_at", "is_under_way"),
    [
        ("comparing", None, True),
        ("awaited", NOW, True),
        ("awaited", "2099-01-01T00:00:00Z", False),
        ("unavailable", None, False),
    ],
)
async def test_a_statement_that_is_under_way_is_looked_at_again(
    admin: Admin, state: str, next_look_at: str | None, is_under_way: bool
) -> None:
    nothing = {"currency": None, "note": None, "next_look_at": next_look_at}
    admin.trade_core.answers[PATH] = on_file(state=state, **nothing)
    html = await (await Person.logged_in(admin)).open_page(f"reconciliations/{STATEMENT_NO}")
    assert ('http-equiv="refresh"' in html) is is_under_way
    assert "No differences." in html


async def test_no_row_is_called_anothers_before_it_was_compared(admin: Admin) -> None:
    first = {"currency": None, "rows": 38, "foreign_rows": 38, "compared_at": None}
    admin.trade_core.answers[PATH] = on_file(state="comparing", **first)
    html = await (await Person.logged_in(admin)).open_page(f"reconciliations/{STATEMENT_NO}")
    assert "<dt>Rows of the statement</dt><dd>38</dd>" in html
    assert "<dt>Rows that are not ours</dt><dd>—</dd>" in html
    assert "Not compared yet." in html
    assert "No differences." not in html


async def test_the_pages_show_each_currency_of_a_statement(admin: Admin) -> None:
    listed = {**STATEMENT, "currency": None, "paid": 0, "fees": 0, "totals": TOTALS}
    admin.trade_core.answers["/internal/reconciliations"] = {"items": [listed], "next_cursor": None}
    admin.trade_core.answers[PATH] = {**on_file(), **listed}
    person = await Person.logged_in(admin)
    for path in ("reconciliations", f"reconciliations/{STATEMENT_NO}"):
        page = await person.open_page(path)
        for amount in ("10,000 JPY", "$50.00", "$5.00", "30 JPY", "$1.72"):
            assert amount in page, (path, amount)


async def test_people_ask_fetch_and_settle_on_the_pages(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    page = f"reconciliations/{STATEMENT_NO}"
    settle = f"{page}/differences/{DIFFERENCE_NO}/settle"
    assert f'action="/console/{settle}"' in await person.open_page(page)
    for path, form, done in (
        (f"{page}/fetch", {}, "statement_asked"),
        (settle, {"reason": REASON, "version": "4"}, "difference_settled"),
    ):
        assert (await person.send(path, csrf="0" * 64, **form)).status_code == 401
        led = (await person.send(path, **form)).headers["location"]
        assert led == f"/console/{page}?done={done}"
    assert admin.trade_core.sent[-1][1]["decided_by"] == "admin"

    admin.trade_core.answers[PATH] = on_file(SETTLED)
    html = await person.open_page(page)
    assert "— li" in html
    assert settle not in html

    refused = await person.send(settle, reason="", version="4")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert 'role="alert"' in await person.open_page(page, problem="core_refused")
    refused = await person.send("reconciliations", payment_id="C1", day="2026-11-21")
    assert (refused.status_code, set(marked(refused.text))) == (422, {"payment_id"})
    for filled in ("C1", "2026-11-21"):
        assert f'value="{filled}"' in refused.text
    refused = await person.send("reconciliations", payment_id="C1", day="")
    assert (refused.status_code, set(marked(refused.text))) == (422, {"day"})


async def test_a_difference_that_changed_since_it_was_shown_comes_back_with_the_form_filled_in(
    admin: Admin,
) -> None:
    person = await Person.logged_in(admin)
    page = f"reconciliations/{STATEMENT_NO}"
    assert 'name="version" value="4"' in await person.open_page(page)
    admin.trade_core.refusals[SETTLE] = refusal(409, "version_changed")
    admin.trade_core.answers[PATH] = on_file({**DIFFERENCE, "billed_amount": 1400, "version": 5})
    settle = f"{page}/differences/{DIFFERENCE_NO}/settle"
    answer = await person.send(settle, reason=REASON, version="4")
    assert answer.status_code == 409
    for text in ("changed since you looked", "¥14.00", 'name="version" value="5"', REASON):
        assert text in answer.text
    assert f'action="/console/{settle}"' in answer.text


async def test_a_viewer_sees_what_differs_and_settles_nothing(admin: Admin) -> None:
    viewer = await Person.hired(admin, "viewer")
    for path in ("reconciliations", f"reconciliations/{STATEMENT_NO}"):
        assert (await viewer.open_page(path)).count('method="post"') == 1
    for path in (
        "reconciliations",
        f"reconciliations/{STATEMENT_NO}/fetch",
        f"reconciliations/{STATEMENT_NO}/differences/{DIFFERENCE_NO}/settle",
    ):
        assert (await viewer.send(path, reason=REASON)).status_code == 403
    assert admin.trade_core.sent == []


async def test_statements_that_cannot_be_read_are_said_on_the_page(admin: Admin) -> None:
    admin.trade_core.answers.clear()
    person = await Person.logged_in(admin)
    assert 'role="alert"' in await person.open_page("reconciliations")
    answer = await person.get(f"reconciliations/{STATEMENT_NO}")
    assert (answer.status_code, 'role="alert"' in answer.text) == (404, True)


async def account_of(admin: Admin) -> str:
    merchant_id = await merchant(admin)
    account = {"channel": "wechat", "name": "x", "credentials": {"mchid": "1", "apiv3_key": "2"}}
    made = await admin.post(f"/api/merchants/{merchant_id}/channel-accounts", account)
    return str(made["payment_id"])


async def test_a_file_is_handed_to_the_gateway_and_the_audit_keeps_which_it_was(
    admin: Admin,
) -> None:
    payment_id = await account_of(admin)
    body = {"payment_id": payment_id, "day": "2026-11-21", "content": "5ZWG", "file_name": "商.csv"}
    answer = await admin.http.post("/api/reconciliations/uploads", json=body)
    assert (answer.status_code, answer.json()["unreadable_rows"]) == (202, 1)
    [uploaded_file] = admin.gateway.uploaded
    assert uploaded_file == {"payment_id": payment_id, "day": "2026-11-21", "content": "5ZWG"}
    entry = (await admin.http.get("/api/audit")).json()["items"][0]
    assert (entry["action"], entry["entity_id"]) == ("statement.uploaded", payment_id)
    assert entry["after"] == {
        "day": "2026-11-21", "file_name": "商.csv", "size_bytes": 3, "outcome": "done",
        "sha256": hashlib.sha256("商".encode()).hexdigest(),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"content": "?"}, "/content"),
        ({"content": ""}, "/content"),
        ({"day": "yesterday"}, "/day"),
        ({"payment_id": "C0"}, "/payment_id"),
        ({"file_name": "a\n"}, "/file_name"),
        ({"rows": []}, "/rows"),
    ],
)
async def test_a_misshapen_upload_is_refused_and_reaches_nobody(
    admin: Admin, changes: dict[str, Any], pointer: str
) -> None:
    body = {"payment_id": await account_of(admin), "day": "2026-11-21", "content": "5ZWG"}
    answer = await admin.http.post("/api/reconciliations/uploads", json=body | changes)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert admin.gateway.uploaded == []


async def test_why_a_file_cannot_be_read_is_told_on_the_page(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    fault = {"pointer": "/content", "message": "is no CSV", "message_zh": "不是 CSV"}
    refused = {"code": "invalid_request", "status": 422, "title": "x", "detail": "x"}
    admin.gateway.unread = JSONResponse({**refused, "errors": [fault]}, 422)
    form = {"csrf": person.csrf, "payment_id": await account_of(admin), "day": "2026-11-21"}
    answer = await admin.anonymous.post(
        "/console/reconciliations/uploads",
        data=form,
        files={"content": b"PK"},
        headers=person.headers,
    )
    assert answer.status_code == 422
    assert "is no CSV" in answer.text
    admin.gateway.unread = None
    for content, words in ((b"", "choose a file"), (b"x" * 1_500_001, "larger than")):
        answer = await admin.anonymous.post(
            "/console/reconciliations/uploads",
            data=form, files={"content": content}, headers=person.headers,
        )  # fmt: skip
        assert (answer.status_code, words in answer.text) == (422, True), words
    assert admin.gateway.uploaded == []


async def test_the_page_names_whose_statement_is_missing(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    missing = {**STATEMENT, "state": "to_upload", "payment_id": "C7"}
    page = {"items": [missing], "next_cursor": None}
    admin.trade_core.answers["/internal/reconciliations"] = page
    answer = await admin.anonymous.get("/console/reconciliations/uploads", headers=person.headers)
    assert admin.trade_core.queries[-1] == {"state": "to_upload", "limit": "100"}
    assert "payment_id=C7&amp;day=2026-11-21" in answer.text
    home = await admin.anonymous.get("/console", headers=person.headers)
    assert 'href="/console/reconciliations/uploads"' in home.text
