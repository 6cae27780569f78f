"""Sums for people: thirty days of a merchant's money agree with the ledger, and fees by whom."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from tests.builders.trade_core import APP, MERCHANT, request
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    TODAY,
    account,
    compared,
    next_morning,
    row_of,
)
from tests.integration.trade_core.test_day_statements import (
    HAPPENINGS,
    by_the_ledger,
    paid_by,
    parts,
    settle,
    statement,
)

from chassis.problems import InvalidRequest
from contracts.events.orders import OrderEventRecord
from contracts.internal import PeriodStatement
from trade_core.flows.read_day_statement import advance_days
from trade_core.flows.read_figures import read_event_log, read_fees, read_period
from trade_core.store.day_statements import Holder
from trade_core.store.figures import FeePart, FeeQuestion

BEGAN: Final = date(2026, 1, 3)
DAYS: Final = 30


def folded(fee_sums: PeriodStatement, app_id: str) -> Sequence[tuple[int, ...]]:
    """As `parts` of each day's statement, from the first to the last."""
    (balance,) = [it.amount for it in fee_sums.openings if it.app_id == app_id]
    by_day = {it.day: it for it in fee_sums.movements if it.app_id == app_id}
    days = []
    for number in range(DAYS):
        it = by_day.get(BEGAN + timedelta(number))
        moved = (it.captured, it.refunded, it.split, it.fees) if it else (0, 0, 0, 0)
        closing = balance + moved[0] - sum(moved[1:])
        days.append((balance, *moved, closing))
        balance = closing
    return days


async def test_thirty_days_agree_with_the_ledger_to_the_fen(harness: Harness) -> None:
    harness.now = datetime(2026, 1, 1, 20, tzinfo=UTC)
    for number in range(DAYS + 1):
        begun = harness.now
        await HAPPENINGS[number % len(HAPPENINGS)](harness, number)
        if number == DAYS // 2:
            await advance_days(harness.db, harness.now)
        harness.now = begun + timedelta(days=1)
    last = BEGAN + timedelta(DAYS - 1)
    fee_sums = await read_period(harness.deps, MERCHANT, "CNY", BEGAN, last)
    assert fee_sums.currencies == ["CNY", "USD"]
    assert fee_sums.is_final
    for app_id in (APP, "A2"):
        holder = Holder(app_id, MERCHANT, "CNY")
        booked = await by_the_ledger(harness, holder)
        days = folded(fee_sums, app_id)
        for number, shown in enumerate(days):
            day = BEGAN + timedelta(number)
            assert parts(await statement(harness, day, holder)) == shown
            assert shown[1:4] == tuple(booked[day][it] for it in ("captured", "refunded", "split"))
        moved = [booked[day] for day in booked if day <= last]
        total = sum(it["captured"] - it["refunded"] - it["split"] for it in moved)
        assert days[-1][-1] == total != 0
    await settle(harness)
    assert await read_period(harness.deps, MERCHANT, "CNY", BEGAN, last) == fee_sums


@pytest.mark.parametrize("last", [date(2026, 1, 2), date(2026, 2, 3)])
async def test_a_period_that_is_none_or_too_long_is_refused(harness: Harness, last: date) -> None:
    with pytest.raises(InvalidRequest):
        await read_period(harness.deps, MERCHANT, "CNY", BEGAN, last)


def fees(by: FeePart, **more: object) -> FeeQuestion:
    asked: dict[str, object] = {
        "first": TODAY, "last": TODAY, "currency": "CNY", "by": by, "by_month": False,
        "merchant_id": None, "app_id": None, "channel": None, "merchant_ids": None,
    }  # fmt: skip
    return FeeQuestion(**{**asked, **more})  # type: ignore[arg-type]  # the fields of the question


async def test_fees_are_told_by_the_day_of_the_payments_and_by_whom(harness: Harness) -> None:
    own = await harness.paid(request(amount=1000))
    other = await paid_by(harness, "A2", request(merchant_order_no="W2", amount=2000))
    assert (await read_fees(harness.deps, fees(FeePart.APP))).items == []
    await next_morning(harness, account())
    await compared(harness, row_of(own, fee=6), row_of(other, fee=12))

    async def fee_sums(by: FeePart, **more: object) -> set[tuple[date | None, str | None, int]]:
        found = await read_fees(harness.deps, fees(by, **more))
        return {(it.period, it.part, it.amount) for it in found.items}

    assert await fee_sums(FeePart.APP) == {
        (TODAY, None, 18), (None, APP, 6), (None, "A2", 12), (None, None, 18),
    }  # fmt: skip
    month = TODAY.replace(day=1)
    assert await fee_sums(FeePart.CHANNEL, by_month=True, app_id="A2") == {
        (month, None, 12), (None, "wechat", 12), (None, None, 12),
    }  # fmt: skip
    assert await fee_sums(FeePart.MERCHANT, merchant_ids=["M2"]) == set()
    assert await fee_sums(FeePart.MERCHANT, merchant_ids=[MERCHANT], channel="alipay") == set()


async def test_the_event_log_is_read_from_a_position_on(harness: Harness) -> None:
    payment = await harness.paid(request(amount=1000))
    first = (await read_event_log(harness.deps, 0, 2)).items
    rest = (await read_event_log(harness.deps, first[-1].position, 100)).items
    fee_sums = [OrderEventRecord.model_validate(it.event) for it in (*first, *rest)]
    assert len(first) == 2
    assert fee_sums[0].type == "payment.created"
    assert {"payment.succeeded", "order.paid"} <= {it.type for it in fee_sums}
    assert {it.data.payment.payment_no for it in fee_sums if it.data.payment} == {
        payment.payment_no
    }
    assert (await read_event_log(harness.deps, rest[-1].position, 100)).items == []
