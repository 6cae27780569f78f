"""The lists besides money as files: the rows of the list, with its filters, numbers and times."""

from typing import Any

import pytest

from merchant_admin.flows import exporting, listings
from merchant_admin.flows.background_exports import make_next

from .conftest import PASSWORD, Admin
from .people import Person
from .test_books import BALANCES, LETTER
from .test_callbacks import AT, DELIVERY, ENDPOINT
from .test_configuration import CREDENTIALS
from .test_counter_codes import AMOUNTS
from .test_exports import CELL, exported, exports_audited, rows, workbook
from .test_reconciliations import DIFFERENCE, STATEMENT, STATEMENT_NO, TOTALS, on_file

BEIJING_AT = "2026-11-22 12:00:00"
FORMULA = '=cmd|"/c calc"!A1'

ALERT: dict[str, Any] = {
    "key": "payment.conflicted:P1", "severity": "critical", "title": "t", "detail": FORMULA,
    "merchant_id": "M1", "facts": {"payment_no": "P1"}, "first_at": AT, "last_at": AT, "total": 3,
    "acknowledged_by": "li", "acknowledged_at": AT,
}  # fmt: skip
TRIED: dict[str, Any] = {
    **DELIVERY,
    "merchant_order_no": "W1",
    "attempts": [
        {"at": AT, "status": 500, "error": "http_status", "latency_ms": 7, "answer": None}
    ],
}

LISTS = {
    "callbacks": "deliveries", "endpoints": "endpoints", "alerts": "alerts", "audit": "audit",
    "approvals": "approvals", "merchants": "merchants", "channel-accounts": "channel-accounts",
    "apps": "apps", "counter-codes": "counter-codes", "users": "users", "tokens": "tokens",
    "reconciliations": "reconciliations", "dead-letters": "dead-letters", "ledger": "ledger",
}  # fmt: skip
"""By the name of the file the page of the list."""


async def a_house(admin: Admin) -> None:
    """With one of everything; a name is what a spreadsheet would compute."""
    merchant_id = (await admin.post("/api/merchants", {"name": FORMULA}))["merchant_id"]
    account = {"channel": "wechat", "name": FORMULA, "credentials": CREDENTIALS}
    await admin.post(f"/api/merchants/{merchant_id}/channel-accounts", account)
    app_id = (await admin.post("/api/apps", {"name": FORMULA, "merchant_ids": [merchant_id]}))[
        "app_id"
    ]
    code = {"merchant_id": merchant_id, "app_id": app_id, "name": FORMULA, **AMOUNTS}
    await admin.post("/api/counter-codes", code)
    four_eyes = {"four_eyes": {"refunds_from": 1}}
    await admin.http.patch(f"/api/merchants/{merchant_id}", json=four_eyes)
    weaker = {"four_eyes": {"refunds_from": 100}}
    asked = await admin.http.patch(f"/api/merchants/{merchant_id}", json=weaker)
    assert asked.status_code == 202, asked.text
    await admin.post("/api/tokens", {"name": FORMULA, "role": "auditor"})
    admin.trade_core.answers |= {
        "/internal/reconciliations": {"items": [STATEMENT], "next_cursor": None},
        "/internal/dead-letters": {"items": [LETTER], "next_cursor": None},
        "/internal/ledger/balances": {**BALANCES, "next_cursor": None},
    }
    admin.notifier.answers |= {
        "/internal/all-deliveries": {"items": [TRIED], "next_cursor": None},
        "/internal/endpoints": {"items": [ENDPOINT], "next_cursor": None},
        "/internal/alerts/search": {"items": [ALERT], "next_cursor": None},
    }


async def test_every_list_is_a_file_that_its_page_leads_to(admin: Admin) -> None:
    await a_house(admin)
    person = await Person.logged_in(admin)
    for things, page in LISTS.items():
        assert f'href="/console/exports/{things}?format=xlsx"' in await person.open_page(page)
        answer = await person.get(f"exports/{things}", format="csv")
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="{things}-')
        found = rows(answer)
        assert found, things
        assert "=" not in {text[:1] for row in found for text in row.values()}, things
        sheet = await workbook(admin, things)
        assert len(list(sheet.iter(f"{CELL}row"))) >= len(found) + 1
        assert list(sheet.iter(f"{CELL}f")) == []
    made = await exports_audited(admin)
    assert {entry["entity_id"] for entry in made} == set(LISTS)
    assert len(made) == 2 * len(LISTS)


async def test_cells_are_what_the_list_shows(admin: Admin) -> None:
    await a_house(admin)
    [callback] = await exported(admin, "callbacks")
    assert callback["created_at_beijing"] == callback["last_attempt_at_beijing"] == BEIJING_AT
    assert (callback["merchant_order_no"], callback["attempts"], callback["last_status"]) == (
        "W1", "1", "500",
    )  # fmt: skip
    [alert] = await exported(admin, "alerts")
    assert (alert["acknowledged_by"], alert["acknowledged_at_beijing"], alert["detail"]) == (
        "li", BEIJING_AT, f"'{FORMULA}",
    )  # fmt: skip
    [code] = await exported(admin, "counter-codes")
    assert code["min_amount"] == f"{AMOUNTS['min_amount'] / 100:.2f}"
    [user] = await exported(admin, "users")
    assert (user["username"], user["role"], user["merchant_ids"]) == (
        "admin", "administrator", "*",
    )  # fmt: skip
    [account] = await exported(admin, "channel-accounts")
    assert account["identity"] == '{"mchid": "1900000001"}'
    assert str(CREDENTIALS["apiv3_key"]) not in str(account)
    sheet = await workbook(admin, "callbacks")
    values = [cell.text for cell in sheet.iter(f"{CELL}v")]
    assert "500" in values
    assert "46348.5" in values


async def test_what_trade_core_keeps_has_its_amounts_as_numbers(admin: Admin) -> None:
    await a_house(admin)
    [statement] = await exported(admin, "reconciliations", state="differs")
    assert admin.trade_core.queries[-1]["state"] == "differs"
    assert (statement["paid"], statement["refunded"], statement["fees_booked"]) == (
        "13.00", "2.99", "",
    )  # fmt: skip
    assert [row["balance"] for row in await exported(admin, "ledger")] == ["12.99", "-12.99"]
    [letter] = await exported(admin, "dead-letters", state="open", key="P1")
    assert (letter["key"], letter["error"]) == ("P1", LETTER["error"])
    asked = admin.trade_core.queries[-1]
    assert (asked["state"], asked["key"]) == ("open", "P1")


async def test_each_currency_of_a_statement_is_a_line_of_the_file(admin: Admin) -> None:
    await a_house(admin)
    listed = {**STATEMENT, "currency": None, "paid": 0, "fees": 0, "totals": TOTALS}
    none = {**STATEMENT, "currency": None, "payments": 0, "refunds": 0, "totals": []}
    page = {"items": [listed, none], "next_cursor": None}
    admin.trade_core.answers["/internal/reconciliations"] = page
    lines = await exported(admin, "reconciliations")
    shown = [(it["currency"], it["paid"], it["refunds"], it["fees"], it["rows"]) for it in lines]
    assert shown == [
        ("JPY", "10000", "0", "30", "3"), ("USD", "50.00", "1", "1.72", "3"), ("", "", "", "", "3"),
    ]  # fmt: skip


async def test_the_differences_of_a_reconciliation_are_a_file(admin: Admin) -> None:
    page = {"items": [DIFFERENCE], "next_cursor": None}
    whole = {**on_file(), "differences": page}
    admin.trade_core.answers[f"/internal/reconciliations/{STATEMENT_NO}"] = whole
    person = await Person.logged_in(admin)
    link = f"/console/exports/differences?format=csv&amp;statement_no={STATEMENT_NO}"
    assert link in await person.open_page(f"reconciliations/{STATEMENT_NO}")
    [row] = rows(await person.get("exports/differences", statement_no=STATEMENT_NO, format="csv"))
    assert (row["Ours"], row["The channel's"], row["Kind"]) == ("12.99", "13.00", "Another amount")


async def test_the_filters_of_the_list_hold(admin: Admin) -> None:
    await a_house(admin)
    found = await exported(admin, "audit", action="app.created")
    assert [row["action"] for row in found] == ["app.created"]
    assert await exported(admin, "approvals", state="done") == []
    person = await Person.logged_in(admin)
    await person.get("exports/callbacks", app_id="A1", state="exhausted", format="csv")
    await person.get("exports/alerts", state="open", format="csv")
    asked = [call[2] or {} for call in admin.notifier.calls[-2:]]
    assert (asked[0]["app_id"], asked[0]["state"], asked[1]["state"]) == ("A1", "exhausted", "open")
    audited = {entry["entity_id"]: entry["after"] for entry in await exports_audited(admin)}
    assert audited["callbacks"]["app_id"] == "A1"


async def test_all_pages_are_read(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "PAGE", 2)
    for number in range(5):
        await admin.post("/api/merchants", {"name": f"物业 {number}"})
    names = [row["name"] for row in await exported(admin, "merchants")]
    assert names == [f"物业 {number}" for number in (4, 3, 2, 1, 0)]
    created = await exported(admin, "audit", action="merchant.created")
    assert len(created) == len({row["entity_id"] for row in created}) == 5


async def test_a_long_list_is_made_in_the_background(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_house(admin)
    monkeypatch.setattr(exporting, "MAX_ROWS", 1)
    person = await Person.logged_in(admin)
    led = await person.get("exports/audit", actor="admin", format="csv")
    assert led.status_code == 303
    page = await admin.anonymous.get(led.headers["location"], headers=person.headers)
    assert "/console/exports/in-background/audit?actor=admin&amp;format=csv" in page.text
    await person.send("exports/in-background/audit?actor=admin&format=csv")
    assert await make_next(admin.deps)
    [export] = (await admin.http.get("/api/exports")).json()["items"]
    assert (export["list"], export["state"]) == ("audit", "done")
    kept = rows(await admin.http.get(f"/api/exports/{export['export_id']}/file"))
    assert len(kept) == export["rows"] > 1
    assert {row["Who"] for row in kept} == {"admin"}


async def test_what_the_notifier_has_is_made_in_the_background_too(admin: Admin) -> None:
    await a_house(admin)
    for things in ("callbacks", "alerts"):
        query = {"raised_from": AT} if things == "alerts" else {"created_from": AT}
        answer = await admin.http.post(f"/api/exports/{things}", params=query)
        assert answer.status_code == 202, answer.text
        assert await make_next(admin.deps)
        kept = await admin.http.get(f"/api/exports/{answer.json()['export_id']}/file")
        assert len(rows(kept)) == 1


async def test_a_file_of_a_notifier_that_does_not_answer_has_failed(admin: Admin) -> None:
    answer = await admin.http.post("/api/exports/callbacks")
    assert await make_next(admin.deps)
    shown = await admin.http.get(f"/api/exports/{answer.json()['export_id']}")
    assert shown.json()["state"] == "failed"
    assert (await admin.http.get("/api/exports/callbacks")).status_code == 404


async def test_a_file_made_for_a_company_has_its_own_callbacks_only(admin: Admin) -> None:
    await a_house(admin)
    merchant_id = (await admin.post("/api/merchants", {"name": "a"}))["merchant_id"]
    shown = [{**TRIED, "merchant_id": one} for one in (merchant_id, "M2", None)]
    admin.notifier.answers["/internal/all-deliveries"] = {"items": shown, "next_cursor": None}
    body = {"username": "li", "password": PASSWORD, "role": "operator"}
    await admin.post("/api/users", {**body, "merchant_ids": [merchant_id]})
    person = await Person.logged_in(admin, "li")
    await person.send("exports/in-background/callbacks?app_id=A1")
    assert await make_next(admin.deps)
    page = await person.open_page("exports")
    export_id = page.partition("/console/exports/")[2].partition("/")[0]
    kept = rows(await person.get(f"exports/{export_id}/file"))
    assert [row["Merchant id"] for row in kept] == [merchant_id]
    assert (admin.notifier.calls[-1][2] or {})["merchant_ids"] == merchant_id


async def test_nobody_of_a_company_has_the_audit_made(admin: Admin) -> None:
    merchant_id = (await admin.post("/api/merchants", {"name": "a"}))["merchant_id"]
    body = {"username": "li", "password": PASSWORD, "role": "operator"}
    await admin.post("/api/users", {**body, "merchant_ids": [merchant_id]})
    person = await Person.logged_in(admin, "li")
    answer = await person.send("exports/in-background/audit")
    assert answer.status_code == 404
    assert not await make_next(admin.deps)
