"""Reports are told by the roll-ups: by period, by whom, one currency at a time, within a scope."""

import re
from datetime import timedelta
from typing import Any

import pytest

from contracts.events.orders import OrderEventType
from merchant_admin.flows.read_model import apply

from .conftest import Admin
from .people import Person
from .test_read_model import BEGAN, Story, delivery
from .test_roll_ups import PaidLater

DAY = {"from": "2026-11-22", "to": "2026-11-22"}


async def report(admin: Admin, **query: str) -> dict[str, Any]:
    answer = await admin.http.get("/api/reports", params={**DAY, **query})
    assert answer.status_code == 200, answer.text
    happened: dict[str, Any] = answer.json()
    return happened


async def happened(admin: Admin, *stories: Story) -> None:
    for story in stories:
        await apply(admin.deps, story.events)


@pytest.fixture
async def day(admin: Admin) -> Admin:
    """Two merchants on one Beijing day, a late payment on the next, one of dollars."""
    own = PaidLater(timedelta(seconds=12), merchant_id="M1", app_id="A1")
    await happened(admin, own.paid().refunded())
    await happened(
        admin, PaidLater(timedelta(seconds=100), merchant_id="M2", channel="alipay").paid()
    )
    at = BEGAN + timedelta(hours=7, minutes=59)
    await happened(admin, PaidLater(timedelta(hours=3), merchant_id="M2", created_at=at).paid())
    failed = Story(merchant_id="M1", app_id="A2")
    failed.tell(
        OrderEventType.PAYMENT_FAILED, order=failed.order("open"), payment=failed.payment("failed")
    )
    dollars = Story(merchant_id="M1")
    view = dollars.payment("succeeded") | {"currency": "USD"}
    order = dollars.order("paid", 1299) | {"currency": "USD"}
    dollars.tell(OrderEventType.PAYMENT_SUCCEEDED, order=order, payment=view)
    await happened(admin, failed, dollars)
    delivered = [
        delivery(own.events[2].id, "delivery.delivered", attempts=3, at=BEGAN),
        delivery(own.events[5].id, "delivery.exhausted", attempts=9, at=BEGAN),
    ]
    await apply(admin.deps, delivered)
    fees = {
        "items": [
            {"period": None, "part": None, "amount": 16},
            {"period": "2026-11-22", "part": None, "amount": 16},
            {"period": None, "part": "M1", "amount": 9},
        ]
    }
    admin.trade_core.answers["/internal/fees"] = fees
    return admin


async def test_a_day_is_told_in_figures(day: Admin) -> None:
    whole = await report(day)
    total = whole["total"]
    assert (total["amount"], total["paid"], total["created"]) == (2 * 1299, 2, 4)
    assert (total["succeeded"], total["failed"], total["success_rate"]) == (3, 1, 0.75)
    assert (total["refunds"], total["refunded"]) == (1, 300)
    assert (total["fees"], total["net"]) == (16, 2 * 1299 - 300 - 16)
    assert 10 <= total["median_time_to_pay_s"] <= 120
    assert total["callbacks"] == {
        "delivered": 1, "exhausted": 1, "attempts": 12, "delivered_rate": 0.5,
    }  # fmt: skip
    assert whole["currencies"] == ["CNY", "USD"]
    dollars = (await report(day, currency="USD"))["total"]
    assert (dollars["amount"], dollars["callbacks"]) == (1299, total["callbacks"])


async def test_what_happens_counts_in_the_beijing_hour_and_day_when_it_does(day: Admin) -> None:
    hours = await report(day, grain="hour")
    assert [hour["begins"] for hour in hours["periods"]][:2] == [
        "2026-11-22T00:00:00+08:00", "2026-11-22T01:00:00+08:00",
    ]  # fmt: skip
    assert {n: hour["paid"] for n, hour in enumerate(hours["periods"]) if hour["paid"]} == {16: 2}
    both = await report(day, to="2026-11-23")
    assert [one["paid"] for one in both["periods"]] == [2, 1]
    assert [one["late"] for one in both["periods"]] == [0, 1]
    assert [one["fees"] for one in both["periods"]] == [16, None]
    [month] = (await report(day, grain="month", to="2026-11-23"))["periods"]
    assert (month["begins"], month["paid"]) == ("2026-11-01T00:00:00+08:00", 3)


async def test_by_whom_the_largest_first(day: Admin) -> None:
    query = {"to": "2026-11-23"}
    merchants = await report(day, **query)
    assert [(it["id"], it["amount"], it["fees"]) for it in merchants["parts"]] == [
        ("M2", 2598, None), ("M1", 1299, 9),
    ]  # fmt: skip
    assert {it["id"] for it in (await report(day, by="channel", **query))["parts"]} == {
        "alipay", "wechat",
    }  # fmt: skip
    methods = await report(day, by="method", **query)
    assert [(it["id"], it["paid"], it["callbacks"]) for it in methods["parts"]] == [
        ("native", 3, None)
    ]
    apps = await report(day, by="app", merchant_id="M1", **query)
    assert [(it["id"], it["failed"]) for it in apps["parts"]] == [("A1", 0), ("A2", 1)]
    alipay = await report(day, channel="alipay")
    assert (alipay["total"]["paid"], alipay["total"]["callbacks"]) == (1, None)


async def test_callbacks_that_wait_have_no_part_in_those_that_are_settled(admin: Admin) -> None:
    stories = [Story().paid() for _ in range(2)]
    await happened(admin, *stories)
    settled, waits = (story.events[2].id for story in stories)
    waiting = delivery(waits, "delivery.failed", attempts=8, at=BEGAN)
    await apply(admin.deps, [delivery(settled, "delivery.delivered", attempts=1, at=BEGAN)])
    await apply(admin.deps, [waiting])
    whole = await report(admin)
    one = {"delivered": 1, "exhausted": 0, "attempts": 1, "delivered_rate": 1.0}
    assert whole["total"]["callbacks"] == one
    assert "all currencies" not in await (await Person.logged_in(admin)).open_page("reports", **DAY)
    later = delivery(waits, "delivery.exhausted", attempts=9, at=BEGAN + timedelta(minutes=1))
    await apply(admin.deps, [later])
    both = {"delivered": 1, "exhausted": 1, "attempts": 10, "delivered_rate": 0.5}
    assert (await report(admin))["total"]["callbacks"] == both


async def test_without_trade_core_the_rest_is_told(day: Admin) -> None:
    del day.trade_core.answers["/internal/fees"]
    total = (await report(day))["total"]
    assert (total["fees"], total["net"]) == (None, 2 * 1299 - 300)


@pytest.mark.parametrize(
    "query",
    [{"from": "2026-11-23"}, {"from": "2024-01-01"}, {"from": "2026-11-01", "grain": "hour"}],
)
async def test_a_period_that_is_none_or_too_long_is_pointed_at(
    admin: Admin, query: dict[str, str]
) -> None:
    answer = await admin.http.get("/api/reports", params={**DAY, **query})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/to")


async def test_the_page_shows_charts_with_the_tables_behind_them(day: Admin) -> None:
    person = await Person.logged_in(day)
    page = await person.open_page("reports", **DAY)
    assert page.count('<svg class="chart"') == 6
    assert "¥25.98" in page
    assert "75.0%" in page
    assert "style=" not in page
    assert "currency=USD" in page
    assert "Callbacks are told of all currencies together." in page
    long = await person.refused_page("reports", **{**DAY, "from": "2020-01-01", "grain": "hour"})
    assert "too long" in long


async def test_home_sets_today_beside_the_same_hours_of_yesterday(admin: Admin) -> None:
    now = admin.clock().replace(hour=4, minute=30, second=0, microsecond=0)
    admin.clock.ahead += now - admin.clock()
    hours = (timedelta(hours=2), timedelta(minutes=5), timedelta(hours=26), timedelta(hours=20))
    for ago in hours:
        await happened(admin, Story(created_at=now - ago).paid())
    person = await Person.logged_in(admin)
    page = (await admin.anonymous.get("/console", headers=person.headers)).text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Until 12:00: today ¥12.99 yesterday ¥12.99" in words
    assert "<strong>¥25.98</strong>" in page


async def test_the_footer_says_how_far_behind_the_lists_are(admin: Admin) -> None:
    person = await Person.logged_in(admin)
    assert "Lists and reports are up to date." in await person.open_page("orders")
    admin.deps.projector.lag_s = lambda: 41.6
    assert "Lists and reports are 42 s behind" in await person.open_page("orders")
