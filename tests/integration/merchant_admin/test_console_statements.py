"""The statement of a merchant's day: app by app as trade-core has it, and added up."""

from datetime import timedelta
from typing import Any

import pytest

from foundation.money_text import BEIJING

from .conftest import Admin, problem
from .people import Person

DAY = "2026-01-05"
PATH = f"/internal/day-statements/{DAY}"
STATEMENT: dict[str, Any] = {
    "date": DAY, "merchant_id": "M1", "currency": "CNY", "currencies": ["CNY", "HKD"],
    "is_final": True, "opening": 1_000, "captured": 5_050, "refunded": 700, "split": 300,
    "fees": 20, "closing": 5_030, "lines": [], "next_cursor": None,
}  # fmt: skip


async def founded(admin: Admin, apps: int) -> str:
    merchant_id = (await admin.post("/api/merchants", {"name": "万科物业"}))["merchant_id"]
    for number in range(apps):
        terms = {"name": f"app {number}", "merchant_ids": [merchant_id]}
        await admin.post("/api/apps", terms)
    return str(merchant_id)


async def test_each_app_has_its_row_and_they_add_up(admin: Admin) -> None:
    admin.trade_core.answers[PATH] = STATEMENT
    merchant_id = await founded(admin, apps=2)
    person = await Person.logged_in(admin)
    page = await person.look("statements", merchant_id=merchant_id, day=DAY)
    for shown in ("¥10.00", "¥50.50", "¥7.00", "¥3.00", "¥0.20", "¥50.30"):
        assert page.count(f">{shown}<") == 2, shown
    for total in ("¥20.00", "¥101.00", "¥14.00", "¥6.00", "¥0.40", "¥100.60"):
        assert page.count(f">{total}<") == 1, total
    assert "万科物业" in page
    assert "app 0" in page
    assert "HKD" in page
    assert {query["merchant_id"] for query in admin.trade_core.queries} == {merchant_id}


@pytest.mark.parametrize("day", ["", "2999-01-01", "yesterday", "0001-01-01"])
async def test_what_is_no_day_is_yesterday(admin: Admin, day: str) -> None:
    merchant_id = await founded(admin, apps=0)
    page = await (await Person.logged_in(admin)).look(
        "statements", merchant_id=merchant_id, day=day
    )
    assert f'name="day" value="{yesterday(admin)}"' in page


def yesterday(admin: Admin) -> str:
    return str(admin.deps.clock().astimezone(BEIJING).date() - timedelta(1))


async def test_a_statement_that_is_being_added_up_is_said_so(admin: Admin) -> None:
    admin.trade_core.refusals[PATH] = problem(503, "overloaded")
    merchant_id = await founded(admin, apps=1)
    page = await (await Person.logged_in(admin)).look(
        "statements", merchant_id=merchant_id, day=DAY
    )
    assert "trade-core does not answer" in page


async def test_without_a_merchant_one_is_asked_for(admin: Admin) -> None:
    page = await (await Person.logged_in(admin)).look("statements")
    assert "Name a merchant" in page
    assert admin.trade_core.queries == []
