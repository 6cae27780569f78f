"""Short, bounded waits for what a channel is just saying: results come by Kafka, after the answer.

So an app that has its 201 reads its own payment and refunds it at once, and a close is usually
answered as done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from contracts.api import PaymentStatus
from trade_core.domain.errors import PaymentNotSucceeded
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.flows.deps import Deps
from trade_core.store import reading

T = TypeVar("T")

INITIATION_LIMIT_S: Final = 0.5
CLOSE_LIMIT_S: Final = 2.0
OTHERS_S: Final = 0.1
"""How often to look for what another replica has changed."""


async def until_initiated(deps: Deps, order: Order, payment: Payment) -> tuple[Order, Payment]:
    """The payment as soon as its initiation has a result; after half a second as it is."""
    if payment.state is not PaymentStatus.INITIATING:
        return order, payment
    give_up_at = _loop_time() + INITIATION_LIMIT_S
    with deps.order_wake_ups.watched(order.order_id) as changed:
        while True:
            changed.clear()
            async with deps.db.snapshot() as tx:
                payment = (await reading.payments(tx, [payment.payment_no]))[payment.payment_no]
                if payment.state is not PaymentStatus.INITIATING:
                    order = (await reading.orders(tx, [order.order_id]))[order.order_id]
                    return order, payment
            if _loop_time() >= give_up_at:
                return order, payment
            await _until(changed, give_up_at)


async def once_initiated(deps: Deps, payment_no: str, flow: Callable[[], Awaitable[T]]) -> T:
    """What the flow comes to, which needs money that came: where the payment was just being
    initiated it is run again as soon as that has a result, or after half a second."""
    try:
        return await flow()
    except PaymentNotSucceeded as refused:
        if refused.state is not PaymentStatus.INITIATING:
            raise
    async with deps.db.snapshot() as tx:
        found = await reading.find_payment(tx, payment_no)
    if found is not None:
        await until_initiated(deps, *found)
    return await flow()


async def until_closed(deps: Deps, order_id: str) -> None:
    """Return when no payment of the order is being closed any more, or after two seconds."""
    give_up_at = _loop_time() + CLOSE_LIMIT_S
    with deps.order_wake_ups.watched(order_id) as changed:
        while True:
            changed.clear()
            async with deps.db.connection() as tx:
                payments, _ = await reading.of_order(tx, order_id)
            if not any(payment.is_open and payment.closing for payment in payments):
                return
            if _loop_time() >= give_up_at:
                return
            await _until(changed, give_up_at)


async def _until(changed: asyncio.Event, give_up_at: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(min(OTHERS_S, max(0.0, give_up_at - _loop_time()))):
            await changed.wait()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
