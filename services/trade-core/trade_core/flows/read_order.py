"""One order with all that is known of it, for people; and what they have done about it."""

from datetime import timedelta
from typing import Final

from chassis import logs
from chassis.database import Tx
from contracts.internal import OrderOnFile
from trade_core.domain import closing, views
from trade_core.domain.errors import OrderNotFound
from trade_core.domain.order import Order
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.flows.waiting import until_closed
from trade_core.store import (
    aggregates,
    channel_calls,
    decisions,
    due,
    ledger,
    reading,
    saving,
    splits,
    traces,
)

MAX_CALLS: Final = 200
"""More than a payment is asked about until it expires."""

CALLS_KEPT: Final = timedelta(days=90)
FORGET_BATCH: Final = 5_000


async def read(deps: Deps, order_id: str) -> OrderOnFile:
    """Raises OrderNotFound."""
    async with deps.db.snapshot() as tx:
        order = (await reading.orders(tx, [order_id])).get(order_id)
        if order is None:
            raise OrderNotFound(order_id)
        return await _on_file(tx, order)


async def ask(deps: Deps, order_id: str) -> OrderOnFile:
    """Have the channels asked now about whatever is open. Raises OrderNotFound."""
    found = await read(deps, order_id)
    async with deps.db.transaction() as tx:
        await due.make_urgent(tx, _numbers(found), deps.clock())
    deps.wake_due()
    return found


async def close(deps: Deps, order_id: str) -> OrderOnFile:
    """Close what is unpaid, at the channels too; waits for them for two seconds.

    Raises OrderNotFound, OrderPaid.
    """
    await _close(deps, order_id)
    await until_closed(deps, order_id)
    return await read(deps, order_id)


async def forget_calls(deps: Deps) -> None:
    """Delete what channels said so long ago that nobody asks any more, and the traces of as long
    ago."""
    before = deps.clock() - CALLS_KEPT
    gone = FORGET_BATCH
    while gone == FORGET_BATCH:
        async with deps.db.transaction() as tx:
            gone = await channel_calls.forget(tx, before, FORGET_BATCH)
    gone = FORGET_BATCH
    while gone == FORGET_BATCH:
        async with deps.db.transaction() as tx:
            gone = await traces.forget(tx, before, FORGET_BATCH)


@retry_on_conflict
async def _close(deps: Deps, order_id: str) -> None:
    async with deps.db.transaction() as tx:
        aggregate = await aggregates.find_by_id(tx, order_id)
        if aggregate is None:
            raise OrderNotFound(order_id)
        aggregate.traceparent = logs.traceparent.get() or None
        closing.close_order(aggregate)
        await saving.save(tx, [aggregate])
    committed(deps, [aggregate])


async def _on_file(tx: Tx, order: Order) -> OrderOnFile:
    payments, refunds = await reading.of_order(tx, order.order_id)
    parts = [
        part
        for payment in payments
        for part in (await splits.of_payment(tx, payment.payment_no)).values()
    ]
    by_number = {payment.payment_no: payment for payment in payments}
    numbers = [*by_number, *(one.refund_no for one in refunds), *(one.split_no for one in parts)]
    return OrderOnFile(
        order_id=order.order_id,
        app_id=order.app_id,
        order=views.order_summary(order),
        payments=[views.payment_in_books(order, payment) for payment in payments],
        refunds=[views.refund_on_file(order, by_number[one.payment_no], one) for one in refunds],
        splits=[views.split_view(order, by_number[one.payment_no], one) for one in parts],
        entries=await ledger.list_entries_of(tx, numbers),
        decisions=await decisions.list_of(tx, numbers),
        calls=await channel_calls.list_of_order(tx, order.order_id, MAX_CALLS),
    )


def _numbers(found: OrderOnFile) -> list[str]:
    return [
        *(payment.payment_no for payment in found.payments),
        *(refund.refund_no for refund in found.refunds),
        *(split.split_no for split in found.splits),
    ]
