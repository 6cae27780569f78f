"""Rule `late-success`.

Money that comes after the end is taken or returned as the app wants; never ignored.
"""

import asyncio

import pytest
from tests.integration.trade_core.desk import Desk, closed, paid, request

from contracts.api import OrderStatus, PaymentStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order


@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_success_after_the_apps_close(
    desk: Desk, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    desk.late = policy
    payment = await desk.opened()
    await asyncio.gather(
        close_order(desk.deps, OrderKey("A1", "M1", "W1")), _hear_soon(desk, closed(payment))
    )
    await desk.apply(paid(payment))
    order = await desk.order(payment)
    assert order.state is state
    assert order.amount_paid == (1299 if state is OrderStatus.PAID else 0)
    assert [refund.cause for refund in await desk.refunds(payment)] == causes
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED


async def _hear_soon(desk: Desk, said: PaymentResult) -> None:
    await asyncio.sleep(0.1)
    await desk.apply(said)


@pytest.mark.parametrize(
    ("policy", "state", "causes"),
    [
        (LatePayment.ACCEPT, OrderStatus.PAID, []),
        (LatePayment.REFUND, OrderStatus.CLOSED, ["late"]),
    ],
)
async def test_success_after_expiry(
    desk: Desk, policy: LatePayment, state: OrderStatus, causes: list[str]
) -> None:
    desk.late = policy
    payment = await desk.opened(request(expires_in_s=60))
    desk.pass_time(61)
    await desk.apply(closed(payment))
    assert (await desk.order(payment)).state is OrderStatus.CLOSED
    await desk.apply(paid(payment, paid_at=desk.now))
    assert (await desk.order(payment)).state is state
    assert [refund.cause for refund in await desk.refunds(payment)] == causes
