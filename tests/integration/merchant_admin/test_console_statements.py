"""The statement of a merchant's day: app by app as trade-core has it, and added up."""

import re
from datetime import timedelta
from typing import Any

import pytest

from foundation.money_text import BEIJING

from .conftest import Admin, problem
from .people import Person
from .test_exports import rows

DAY = "2026-01-05"
MONTH = "2026-01"


PATH = "/internal/period-statements"


def period(merchant_id: str, *app_ids: str) -> dict[str, Any]:
    """What trade-core tells of these apps: the same of each, on two days."""
    moved = {"captured": 5_050, "refunded": 700, "split": 300, "fees": 20}
    return {
        "merchant_id": merchant_id, "currency": "CNY", "currencies": ["CNY", "HKD"],
        "is_final": True, "openings": [{"app_id": it, "amount": 1_000} for it in app_ids],
        "movements": [
            {"app_id": app_id, "day": day, **moved}
            for day in (DAY, "2026-01-07") for app_id in app_ids
        ],
    }  # fmt: skip


async def founded(admin: Admin, apps: int) -> tuple[str, list[str]]:
    merchant_id = (await admin.post("/api/merchants", {"name": "万科物业"}))["merchant_id"]
    app_ids = []
    for number in range(apps):
        terms = {"name": f"app {number}", "merchant_ids": [merchant_id]}
        app_ids.append((await admin.post("/api/apps", terms))["app_id"])
    admin.trade_core.answers[PATH] = period(merchant_id, *app_ids)
    return merchant_id, app_ids


async def test_each_app_has_its_row_and_they_add_up(admin: Admin) -> None:
    merchant_id, app_ids = await founded(admin, apps=2)
    answered = period(merchant_id, *app_ids)
    answered["movements"] = answered["movements"][:2]
    admin.trade_core.answers[PATH] = answered
    page = await (await Person.logged_in(admin)).open_page(
        "statements", merchant_id=merchant_id, day=DAY
    )
    for shown in ("¥10.00", "¥50.50", "¥7.00", "¥3.00", "¥0.20", "¥50.30"):
        assert page.count(f">{shown}<") == 2, shown
    for total in ("¥20.00", "¥101.00", "¥14.00", "¥6.00", "¥0.40", "¥100.60"):
        assert page.count(f">{total}<") == 1, total
    assert "万科物业" in page
    assert "app 0" in page
    assert "HKD" in page
    [query] = admin.trade_core.queries
    assert (query["first"], query["last"]) == (DAY, DAY)


async def test_a_month_is_told_by_app_and_day_by_day(admin: Admin) -> None:
    merchant_id, app_ids = await founded(admin, apps=2)
    asked = {"merchant_id": merchant_id, "month": MONTH}
    answered = (await admin.http.get("/api/statements", params=asked)).json()
    assert (answered["first"], answered["last"]) == ("2026-01-01", "2026-01-31")
    assert [it["app_id"] for it in answered["apps"]] == sorted(app_ids)
    assert [it["closing"] for it in answered["apps"]] == [1_000 + 2 * 4_030] * 2
    assert [(it["day"], it["opening"], it["closing"]) for it in answered["days"]] == [
        (DAY, 2_000, 10_060), ("2026-01-07", 10_060, 18_120),
    ]  # fmt: skip
    assert answered["total"]["closing"] == answered["days"][-1]["closing"]
    one = await admin.http.get("/api/statements", params={**asked, "app_id": app_ids[0]})
    assert [it["app_id"] for it in one.json()["apps"]] == [app_ids[0]]
    assert one.json()["days"][0]["opening"] == 1_000

    page = await (await Person.logged_in(admin)).open_page("statements", **asked)
    assert f"day={DAY}" in page
    assert page.count(">¥181.20<") == 2


async def test_a_month_to_come_is_pointed_at(admin: Admin) -> None:
    asked = {"merchant_id": "M1", "month": "2099-01"}
    answer = await admin.http.get("/api/statements", params=asked)
    assert answer.status_code == 422


async def test_where_no_day_is_named_it_is_yesterday(admin: Admin) -> None:
    merchant_id, _ = await founded(admin, apps=0)
    page = await (await Person.logged_in(admin)).open_page(
        "statements", merchant_id=merchant_id, day=""
    )
    assert f'name="day" value="{yesterday(admin)}"' in page


@pytest.mark.parametrize("day", ["2999-01-01", "2199-01-01", "yesterday", "0001-01-01"])
async def test_no_statement_is_shown_for_what_is_no_day(admin: Admin, day: str) -> None:
    merchant_id, _ = await founded(admin, apps=0)
    page = await (await Person.logged_in(admin)).refused_page(
        "statements", merchant_id=merchant_id, day=day
    )
    assert f'id="wrong-day"><q class="data">{day}</q>' in page
    assert "<table" not in page


def yesterday(admin: Admin) -> str:
    return str(admin.deps.clock().astimezone(BEIJING).date() - timedelta(1))


async def test_a_statement_that_is_being_added_up_is_said_so(admin: Admin) -> None:
    merchant_id, _ = await founded(admin, apps=1)
    admin.trade_core.refusals[PATH] = problem(503, "overloaded")
    page = await (await Person.logged_in(admin)).open_page(
        "statements", merchant_id=merchant_id, day=DAY
    )
    assert "trade-core does not answer" in page


async def test_without_a_merchant_one_is_asked_for(admin: Admin) -> None:
    page = await (await Person.logged_in(admin)).open_page("statements")
    assert "Name a merchant" in page
    assert admin.trade_core.queries == []


async def test_a_merchant_that_does_not_exist_has_no_statement(admin: Admin) -> None:
    """One wrong letter in its number: zeros that look final are worse than no page."""
    merchant_id, _ = await founded(admin, apps=1)
    person = await Person.logged_in(admin)
    mistyped = merchant_id[:-1] + ("0" if merchant_id[-1] != "0" else "1")
    answer = await person.get("statements", merchant_id=mistyped, day=DAY)
    assert answer.status_code == 404
    assert admin.trade_core.queries == []


async def test_a_statement_is_a_file_that_its_page_leads_to(admin: Admin) -> None:
    merchant_id, app_ids = await founded(admin, apps=2)
    person = await Person.logged_in(admin)
    asked = {"merchant_id": merchant_id, "month": MONTH}
    page = await person.open_page("statements", **asked)
    assert f"/console/exports/statements?merchant_id={merchant_id}&amp;month={MONTH}" in page
    made = rows(await person.get("exports/statements", format="csv", **asked))
    assert [(it["Kind"], it["App id"], it["From"], it["Closing"]) for it in made] == [
        *(("App", app_id, "2026-01-01", "90.60") for app_id in sorted(app_ids)),
        ("Total", "", "2026-01-01", "181.20"),
        ("Day by day", "", DAY, "100.60"),
        ("Day by day", "", "2026-01-07", "181.20"),
    ]  # fmt: skip
    assert made[0]["App"] in {"app 0", "app 1"}
    workbook = await person.get("exports/statements", format="xlsx", **asked)
    assert workbook.status_code == 200
    assert (await person.get("exports/statements", format="csv")).status_code == 404


async def test_the_file_of_a_day_has_its_apps_alone(admin: Admin) -> None:
    merchant_id, app_ids = await founded(admin, apps=1)
    person = await Person.logged_in(admin)
    page = await person.open_page("statements", merchant_id=merchant_id)
    assert re.search(r"/console/exports/statements\?[^\"]*day=20\d\d-", page)
    answer = await person.get("exports/statements", merchant_id=merchant_id, day=DAY)
    assert [(it["Kind"], it["App id"]) for it in rows(answer)] == [("App", app_ids[0])]
