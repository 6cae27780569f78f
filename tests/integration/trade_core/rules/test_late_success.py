"""Rule `late-success`.

Money that comes after the end is taken or returned as the app wants; never ignored.
"""

import asyncio

import pytest
from tests.builders.trade_core import closed, paid, request
from tests.integration.trade_core.harness import Harness, Noted

from contracts.api import OrderStatus, PaymentStatus
from contracts.events.configuration import LatePayment
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_success_after_the_apps_close(
    harness: Harness, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    harness.late, harness.order_wake_ups = policy, (wake_ups := Noted())
    payment = await harness.opened()
    closing = asyncio.create_task(close_order(harness.deps, OrderKey("A1", "M1", "W1")))
    await wake_ups.somebody_waits.wait()
    await harness.apply(closed(payment))
    await closing
    await harness.apply(paid(payment))
    order = await harness.order(payment)
    assert order.state is state
    assert order.amount_paid == (1299 if state is OrderStatus.PAID else 0)
    assert [refund.cause for refund in await harness.refunds(payment)] == causes
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_success_after_expiry(
    harness: Harness, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    harness.late = policy
    payment = await harness.opened(request(expires_in_s=60))
    harness.pass_time(61)
    await harness.apply(closed(payment))
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    await harness.apply(paid(payment, paid_at=harness.now))
    assert (await harness.order(payment)).state is state
    assert [refund.cause for refund in await harness.refunds(payment)] == causes


@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_money_in_time_that_is_known_only_when_the_order_is_closed(
    harness: Harness, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    """The app knows the order as closed, and may have given away what was ordered."""
    harness.late = policy
    payment = await harness.opened(request(expires_in_s=60))
    harness.pass_time(30)
    in_time = harness.now
    harness.pass_time(31)
    await harness.apply(closed(payment))
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    await harness.apply(paid(payment, paid_at=in_time))
    assert (await harness.order(payment)).state is state
    assert [refund.cause for refund in await harness.refunds(payment)] == causes


async def test_money_in_time_is_not_late_because_it_is_known_late(harness: Harness) -> None:
    harness.late = LatePayment.REFUND
    payment = await harness.opened(request(expires_in_s=60))
    harness.pass_time(30)
    in_time = harness.now
    harness.pass_time(31)
    await harness.apply(paid(payment, paid_at=in_time))
    assert (await harness.order(payment)).state is OrderStatus.PAID
    assert await harness.refunds(payment) == []
