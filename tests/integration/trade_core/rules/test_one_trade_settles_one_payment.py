"""own-account-only: one channel_trade_no at one account settles one payment."""

import asyncio
from importlib import import_module

import asyncpg
import pytest
from tests.builders.trade_core import OTHER_ACCOUNT, paid, payment_result, request
from tests.integration.trade_core.harness import Harness

from contracts.api import PaymentStatus
from contracts.events.results import Source, Verdict
from trade_core.domain.payment import Payment

TRADE = "4200001"


async def two(harness: Harness) -> tuple[Payment, Payment]:
    return await harness.opened(), await harness.opened(request(merchant_order_no="W2"))


async def test_second_payment_of_one_trade_is_a_dead_letter_and_no_money(harness: Harness) -> None:
    first, second = await two(harness)
    await harness.apply(paid(first, channel_trade_no=TRADE))
    await harness.apply(paid(second, channel_trade_no=TRADE))
    assert await harness.state(first) is PaymentStatus.SUCCEEDED
    assert await harness.payment(second) == second
    assert await harness.alerts() == ["result.trade_settles_another"]
    assert [row["key"] for row in await harness.rows("select key from dead_event")] == [
        second.payment_no
    ]
    assert (await harness.balances())["channel_receivable"] == first.amount


async def test_both_in_one_batch_and_their_neighbours_are_not_stopped(harness: Harness) -> None:
    first, second = await two(harness)
    third = await harness.opened(request(merchant_order_no="W3"))
    await harness.apply(
        paid(first, channel_trade_no=TRADE), paid(second, channel_trade_no=TRADE), paid(third)
    )
    states = [await harness.state(each) for each in (first, second, third)]
    assert states == [PaymentStatus.SUCCEEDED, PaymentStatus.PENDING, PaymentStatus.SUCCEEDED]


async def test_of_twenty_payments_at_once_one_is_settled_by_the_trade(harness: Harness) -> None:
    payments = [await harness.opened(request(merchant_order_no=f"W{n}")) for n in range(20)]
    await asyncio.gather(*(harness.apply(paid(each, channel_trade_no=TRADE)) for each in payments))
    states = [await harness.state(each) for each in payments]
    assert states.count(PaymentStatus.SUCCEEDED) == 1
    assert len(await harness.rows("select from dead_event")) == 19


async def test_same_number_at_another_account_is_another_trade(harness: Harness) -> None:
    first = await harness.opened()
    second = await harness.opened(request(merchant_order_no="W2", payment_id=OTHER_ACCOUNT))
    await harness.apply(paid(first, channel_trade_no=TRADE), paid(second, channel_trade_no=TRADE))
    assert await harness.state(second) is PaymentStatus.SUCCEEDED


async def test_database_refuses_a_number_that_is_taken(harness: Harness) -> None:
    first, second = await two(harness)
    await harness.apply(paid(first, channel_trade_no=TRADE))
    with pytest.raises(asyncpg.UniqueViolationError, match="payments_trade_once"):
        await harness.rows(
            "update payments set channel_trade_no = $1 where payment_no = $2 returning 1",
            TRADE,
            second.payment_no,
        )


async def test_second_trade_of_a_paid_payment_is_an_alert_and_changes_nothing(
    harness: Harness,
) -> None:
    payment = await harness.paid()
    await harness.apply(paid(payment, channel_trade_no=TRADE))
    assert await harness.payment(payment) == payment
    assert await harness.alerts() == ["payment.second_trade"]


async def test_number_under_which_the_money_was_taken_replaces_an_earlier_one(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await harness.apply(
        payment_result(payment, Source.QUERY, Verdict.PENDING, channel_trade_no="4200000"),
        paid(payment, channel_trade_no=TRADE),
    )
    now_is = await harness.payment(payment)
    assert (now_is.state, now_is.channel_trade_no) == (PaymentStatus.SUCCEEDED, TRADE)
    assert await harness.alerts() == ["payment.second_trade"]


async def test_old_rows_with_one_number_stay_and_do_not_stop_the_migration(
    harness: Harness,
) -> None:
    first, second = await two(harness)
    await harness.rows("drop index payments_trade_once")
    await harness.rows("alter table payments drop column shares_trade_no")
    await harness.rows("update payments set channel_trade_no = $1", TRADE)
    migration = import_module("trade_core.migrations.versions.0006_last_words")
    async with harness.db.transaction() as tx:
        await tx.execute(migration.TRADE_NUMBERS)
    assert {(await harness.payment(each)).channel_trade_no for each in (first, second)} == {TRADE}
    third = await harness.opened(request(merchant_order_no="W3"))
    await harness.apply(paid(third, channel_trade_no=TRADE))
    assert await harness.state(third) is PaymentStatus.PENDING
