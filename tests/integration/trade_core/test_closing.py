"""Closing and expiry on a real database, with the due loop."""

import asyncio

import pytest
from tests.builders.trade_core import APP, MERCHANT, closed, paid, payment_result, request
from tests.integration.trade_core.harness import Harness, Noted

from contracts.api import OrderStatus, PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderNotFound, OrderPaid
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


@pytest.mark.usefixtures("patient")
async def test_close_is_answered_when_the_channel_has_closed(harness: Harness) -> None:
    harness.order_wake_ups = wake_ups = Noted()
    payment = await harness.opened()
    closing = asyncio.create_task(close_order(harness.deps, OrderKey(APP, MERCHANT, "W1")))
    await wake_ups.somebody_waits.wait()
    (command,) = await harness.attend()
    assert (command.command, command.payment.payment_no) == (CommandName.CLOSE, payment.payment_no)
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    assert not closing.done()
    await harness.apply(closed(payment))
    async with asyncio.timeout(60):
        await closing
    assert await harness.state(payment) is PaymentStatus.CLOSED
    assert (await harness.event_types())[-2:] == ["order.closed", "payment.closed"]
    assert await harness.due() == {}


async def test_close_does_not_wait_for_a_silent_channel_for_ever(harness: Harness) -> None:
    payment = await harness.opened()
    async with asyncio.timeout(20):
        await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    assert await harness.state(payment) is PaymentStatus.PENDING
    assert (await harness.order(payment)).state is OrderStatus.CLOSED


async def test_closing_is_idempotent_and_refused_for_paid_and_unknown_orders(
    harness: Harness,
) -> None:
    payment = await harness.opened()
    await harness.apply(closed(payment))
    for _ in range(2):
        await close_order(harness.deps, OrderKey(APP, MERCHANT, "W1"))
    assert (await harness.event_types()).count("order.closed") == 1
    await harness.paid(request(merchant_order_no="W2"))
    with pytest.raises(OrderPaid):
        await close_order(harness.deps, OrderKey(APP, MERCHANT, "W2"))
    with pytest.raises(OrderNotFound):
        await close_order(harness.deps, OrderKey("A2", MERCHANT, "W1"))


async def test_expiry_closes_at_the_channel_and_asks_until_it_is_certain(harness: Harness) -> None:
    payment = await harness.opened(request(expires_in_s=60))
    harness.pass_time(60)
    (command,) = await harness.attend()
    assert command.command is CommandName.CLOSE
    await harness.apply(payment_result(payment, Source.CLOSE, Verdict.UNKNOWN))
    assert await harness.state(payment) is PaymentStatus.PENDING
    assert (await harness.order(payment)).state is OrderStatus.OPEN

    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY
    await harness.apply(payment_result(payment, Source.QUERY, Verdict.PENDING))
    harness.pass_time(15)
    (command,) = await harness.attend()
    assert command.command is CommandName.CLOSE
    await harness.apply(closed(payment))
    assert await harness.state(payment) is PaymentStatus.CLOSED
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    assert (await harness.event_types())[-2:] == ["payment.closed", "order.closed"]


async def test_payment_in_the_last_moment_is_found_by_the_refused_close(harness: Harness) -> None:
    payment = await harness.opened(request(expires_in_s=60))
    in_time = harness.now
    harness.pass_time(60)
    await harness.attend()
    await harness.apply(payment_result(payment, Source.CLOSE, Verdict.DECLINED))
    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY
    await harness.apply(paid(payment, Source.QUERY, paid_at=in_time))
    assert (await harness.order(payment)).state is OrderStatus.PAID


async def test_order_whose_attempt_failed_is_closed_by_its_expiry(harness: Harness) -> None:
    payment = (await harness.open(request(expires_in_s=60))).payment
    await harness.apply(payment_result(payment, Source.INITIATION, Verdict.DECLINED))
    assert await harness.due() == {payment.payment_no: 60}
    harness.pass_time(60)
    assert await harness.attend() == []
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    assert await harness.due() == {}


async def test_checkout_that_nobody_used_expires_without_a_channel(harness: Harness) -> None:
    payment = (
        await harness.open(request(method="cashier", payment_id=None, expires_in_s=60))
    ).payment
    assert payment.state is PaymentStatus.PENDING
    harness.pass_time(60)
    assert await harness.attend() == []
    assert await harness.state(payment) is PaymentStatus.CLOSED
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    assert await harness.due() == {}


async def test_unknown_is_asked_about_for_ever_and_never_fails_by_time(harness: Harness) -> None:
    payment = (await harness.open()).payment
    await harness.apply(payment_result(payment, Source.INITIATION, Verdict.UNKNOWN))
    for _ in range(30):
        harness.pass_time(1800)
        (command,) = await harness.attend()
        source = Source(command.command.value)
        await harness.apply(payment_result(payment, source, Verdict.UNKNOWN))
        assert await harness.state(payment) is PaymentStatus.UNKNOWN
    assert await harness.alerts() == ["channel.unclear"]
    await harness.apply(paid(payment, Source.QUERY))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED
