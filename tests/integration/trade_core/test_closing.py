"""Closing and expiry on a real database, with the due loop."""

import asyncio

import pytest
from tests.integration.trade_core.desk import (
    APP,
    MERCHANT,
    Desk,
    closed,
    paid,
    request,
    said_of_payment,
)

from contracts.api import OrderStatus, PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import OrderNotFound, OrderPaid
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


async def test_close_is_answered_when_the_channel_has_closed(desk: Desk) -> None:
    payment = await desk.opened()
    closing = asyncio.create_task(close_order(desk.deps, OrderKey(APP, MERCHANT, "W1")))
    await asyncio.sleep(0.1)
    (command,) = await desk.attend()
    assert (command.command, command.payment.payment_no) == (CommandName.CLOSE, payment.payment_no)
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    assert not closing.done()
    await desk.apply(closed(payment))
    async with asyncio.timeout(10):
        await closing
    assert await desk.state(payment) is PaymentStatus.CLOSED
    assert (await desk.told())[-2:] == ["order.closed", "payment.closed"]
    assert await desk.due() == {}


async def test_close_does_not_wait_for_a_silent_channel_for_ever(desk: Desk) -> None:
    payment = await desk.opened()
    async with asyncio.timeout(20):
        await close_order(desk.deps, OrderKey(APP, MERCHANT, "W1"))
    assert await desk.state(payment) is PaymentStatus.PENDING
    assert (await desk.order(payment)).state is OrderStatus.CLOSED


async def test_closing_is_idempotent_and_refused_for_paid_and_unknown_orders(desk: Desk) -> None:
    payment = await desk.opened()
    await desk.apply(closed(payment))
    for _ in range(2):
        await close_order(desk.deps, OrderKey(APP, MERCHANT, "W1"))
    assert (await desk.told()).count("order.closed") == 1
    await desk.paid(request(merchant_order_no="W2"))
    with pytest.raises(OrderPaid):
        await close_order(desk.deps, OrderKey(APP, MERCHANT, "W2"))
    with pytest.raises(OrderNotFound):
        await close_order(desk.deps, OrderKey("A2", MERCHANT, "W1"))


async def test_expiry_closes_at_the_channel_and_asks_until_it_is_certain(desk: Desk) -> None:
    payment = await desk.opened(request(expires_in_s=60))
    desk.pass_time(60)
    (command,) = await desk.attend()
    assert command.command is CommandName.CLOSE
    await desk.apply(said_of_payment(payment, Source.CLOSE, Verdict.UNKNOWN))
    assert await desk.state(payment) is PaymentStatus.PENDING
    assert (await desk.order(payment)).state is OrderStatus.OPEN

    (command,) = await desk.attend()
    assert command.command is CommandName.QUERY
    await desk.apply(said_of_payment(payment, Source.QUERY, Verdict.PENDING))
    desk.pass_time(15)
    (command,) = await desk.attend()
    assert command.command is CommandName.CLOSE
    await desk.apply(closed(payment))
    assert await desk.state(payment) is PaymentStatus.CLOSED
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    assert (await desk.told())[-2:] == ["payment.closed", "order.closed"]


async def test_payment_in_the_last_moment_is_found_by_the_refused_close(desk: Desk) -> None:
    payment = await desk.opened(request(expires_in_s=60))
    in_time = desk.now
    desk.pass_time(60)
    await desk.attend()
    await desk.apply(said_of_payment(payment, Source.CLOSE, Verdict.DECLINED))
    (command,) = await desk.attend()
    assert command.command is CommandName.QUERY
    await desk.apply(paid(payment, Source.QUERY, paid_at=in_time))
    assert (await desk.order(payment)).state is OrderStatus.PAID


async def test_order_whose_attempt_failed_is_closed_by_its_expiry(desk: Desk) -> None:
    payment = (await desk.open(request(expires_in_s=60))).payment
    await desk.apply(said_of_payment(payment, Source.INITIATION, Verdict.DECLINED))
    assert await desk.due() == {payment.payment_no: 60}
    desk.pass_time(60)
    assert await desk.attend() == []
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    assert await desk.due() == {}


async def test_checkout_that_nobody_used_expires_without_a_channel(desk: Desk) -> None:
    payment = (await desk.open(request(method="cashier", payment_id=None, expires_in_s=60))).payment
    assert payment.state is PaymentStatus.PENDING
    desk.pass_time(60)
    assert await desk.attend() == []
    assert await desk.state(payment) is PaymentStatus.CLOSED
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    assert await desk.due() == {}


async def test_unknown_is_asked_about_for_ever_and_never_fails_by_time(desk: Desk) -> None:
    payment = (await desk.open()).payment
    await desk.apply(said_of_payment(payment, Source.INITIATION, Verdict.UNKNOWN))
    for _ in range(30):
        desk.pass_time(1800)
        (command,) = await desk.attend()
        source = Source(command.command.value)
        await desk.apply(said_of_payment(payment, source, Verdict.UNKNOWN))
        assert await desk.state(payment) is PaymentStatus.UNKNOWN
    assert await desk.alerts() == ["channel.unclear"]
    await desk.apply(paid(payment, Source.QUERY))
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED
