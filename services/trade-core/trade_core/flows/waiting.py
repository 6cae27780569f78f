"""Short, bounded waits for what a channel is just saying: results come by Kafka, after the answer.

So an app that has its 201 reads its own payment, and a close is usually answered as done.
"""

import asyncio
from typing import Final

from contracts.api import PaymentStatus
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.flows.deps import Deps
from trade_core.store import reading

INITIATION_LIMIT_S: Final = 0.5
INITIATION_POLL_S: Final = 0.02
CLOSE_LIMIT_S: Final = 2.0
CLOSE_POLL_S: Final = 0.05


async def until_initiated(deps: Deps, order: Order, payment: Payment) -> tuple[Order, Payment]:
    """The payment as soon as its initiation has a result; after half a second as it is."""
    give_up_at = _loop_time() + INITIATION_LIMIT_S
    while _is_starting(deps, payment) and _loop_time() < give_up_at:
        await asyncio.sleep(INITIATION_POLL_S)
        async with deps.db.connection() as tx:
            payment = (await reading.payments(tx, [payment.payment_no]))[payment.payment_no]
            if payment.state is not PaymentStatus.INITIATING:
                order = (await reading.orders(tx, [order.order_id]))[order.order_id]
    return order, payment


async def until_closed(deps: Deps, order_id: str) -> None:
    """Return when no payment of the order is being closed any more, or after two seconds."""
    give_up_at = _loop_time() + CLOSE_LIMIT_S
    while _loop_time() < give_up_at:
        async with deps.db.connection() as tx:
            payments = await reading.payments_of_order(tx, order_id)
        if not any(payment.is_open and payment.closing for payment in payments):
            return
        await asyncio.sleep(CLOSE_POLL_S)


def _is_starting(deps: Deps, payment: Payment) -> bool:
    return payment.is_in_flight(deps.clock())


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
