"""Opening aggregates: the orders are locked, in the order of their ids, then the rest is read.

The order's lock is held by everyone who changes anything of the order, so what is read behind it
stays true; the compare-and-set of `store.saving` is there for whoever did not take it. What time it
is, the database says behind the lock: the replicas' clocks differ.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from chassis.database import Tx
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.order import Order, OrderKey
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split
from trade_core.domain.undecided import going_back
from trade_core.store import archive, splits
from trade_core.store.rows import order_of, payment_of, refund_of


async def find_by_key(tx: Tx, key: OrderKey) -> OrderAggregate | None:
    """The aggregate of the app's order number; None where there is none."""

    async def look() -> list[OrderAggregate]:
        place = key.app_id, key.merchant_id, key.merchant_order_no
        return await _aggregates(tx, await tx.fetch(_LOCK_BY_KEY, *place))

    found = await look()
    if not found:
        await archive.bring_back_numbered(tx, key)
        found = await look()
    return next(iter(found), None)


async def find_by_id(tx: Tx, order_id: str) -> OrderAggregate | None:
    """The aggregate of our order number; None where there is none."""

    async def look() -> dict[str, OrderAggregate]:
        found = await _aggregates(tx, await tx.fetch(_LOCK_BY_ID, order_id))
        return {each.order.order_id: each for each in found}

    return (await _look(tx, "order", [order_id], look)).get(order_id)


async def by_payments(tx: Tx, payment_nos: Iterable[str]) -> dict[str, OrderAggregate]:
    """Aggregates by payment_no; unknown numbers are left out, payments of one order share one."""
    numbers = list(payment_nos)

    async def look() -> dict[str, OrderAggregate]:
        return {
            payment_no: aggregate
            for aggregate in await _aggregates(tx, await tx.fetch(_LOCK_BY_PAYMENTS, numbers))
            for payment_no in aggregate.payments
        }

    return await _look(tx, "payment", numbers, look)


async def by_refunds(tx: Tx, refund_nos: Iterable[str]) -> dict[str, OrderAggregate]:
    """Aggregates by refund_no, with these refunds; unknown numbers are left out."""
    numbers = list(refund_nos)

    async def look() -> dict[str, OrderAggregate]:
        rows = await tx.fetch(_LOCK_BY_REFUNDS, numbers)
        return {
            refund_no: aggregate
            for aggregate in await _aggregates(tx, rows, numbers)
            for refund_no in aggregate.refunds
        }

    return await _look(tx, "refund", numbers, look)


async def by_splits(tx: Tx, split_nos: Iterable[str]) -> dict[str, OrderAggregate]:
    """Aggregates by split_no, with these splits; unknown numbers are left out."""
    numbers = list(split_nos)

    async def look() -> dict[str, OrderAggregate]:
        opened = await _aggregates(tx, await tx.fetch(_LOCK_BY_SPLITS, numbers))
        _know(opened, await splits.by_numbers(tx, numbers))
        return {split_no: aggregate for aggregate in opened for split_no in aggregate.splits}

    return await _look(tx, "split", numbers, look)


async def know_refunds(
    tx: Tx, opened: Iterable[OrderAggregate], payment_nos: Collection[str]
) -> None:
    """Read all refunds of these payments into their aggregates, whose orders are locked."""
    order_ids = {each.order.order_id: each for each in opened}
    refunds = [refund_of(row) for row in await tx.fetch(_REFUNDS_OF_ORDERS, list(order_ids))]
    for order_id, aggregate in order_ids.items():
        aggregate.know_refunds(
            {
                one.refund_no: one
                for one in refunds
                if one.order_id == order_id and one.payment_no in payment_nos
            }
        )


async def know_what_goes_back(tx: Tx, aggregate: OrderAggregate) -> None:
    """Read how it stands with what is given back of the order, which is locked."""
    if payment_nos := going_back(aggregate):
        await know_refunds(tx, [aggregate], payment_nos)


async def know_splits(tx: Tx, aggregate: OrderAggregate, payment_no: str) -> None:
    """Read all splits of a payment into its aggregate, whose order is locked."""
    aggregate.know_splits(await splits.of_payment(tx, payment_no))


async def _look(
    tx: Tx,
    wanted: archive.Wanted,
    numbers: Sequence[str],
    look: Callable[[], Awaitable[dict[str, OrderAggregate]]],
) -> dict[str, OrderAggregate]:
    """What is not among the orders in use may be in the archive."""
    found = await look()
    missing = [number for number in numbers if number not in found]
    if not missing:
        return found
    await archive.bring_back(tx, wanted, missing)
    return await look()


async def _aggregates(
    tx: Tx, rows: Sequence[asyncpg.Record], refund_nos: Sequence[str] = ()
) -> list[OrderAggregate]:
    if not rows:
        return []
    orders = [order_of(row) for row in rows]
    order_ids = [order.order_id for order in orders]
    paid = await tx.fetch(_PAYMENTS, order_ids)
    payments = [payment_of(row) for row in paid]
    refunds: list[Refund] = []
    if refund_nos:
        refunds = [refund_of(row) for row in await tx.fetch(_REFUNDS, refund_nos)]
    aggregates = _bound(orders, payments, refunds, paid[0]["read_at"])
    if split_nos := {one.split_no for refund in refunds for one in refund.returns}:
        _know(aggregates, await splits.by_numbers(tx, list(split_nos)))
    return aggregates


def _know(aggregates: Sequence[OrderAggregate], known: Mapping[str, Split]) -> None:
    for aggregate in aggregates:
        order_id = aggregate.order.order_id
        ours = {number: one for number, one in known.items() if one.order_id == order_id}
        aggregate.know_splits(ours)


def _bound(
    orders: Sequence[Order], payments: Sequence[Payment], refunds: Sequence[Refund], now: datetime
) -> list[OrderAggregate]:
    payments_of: dict[str, dict[str, Payment]] = {order.order_id: {} for order in orders}
    refunds_of: dict[str, dict[str, Refund]] = {order.order_id: {} for order in orders}
    for payment in payments:
        payments_of[payment.order_id][payment.payment_no] = payment
    for refund in refunds:
        refunds_of[refund.order_id][refund.refund_no] = refund
    return [
        OrderAggregate(order, payments_of[order.order_id], refunds_of[order.order_id], now)
        for order in orders
    ]


_LOCK_BY_KEY = """
select * from only orders
where app_id = $1 and merchant_id = $2 and merchant_order_no = $3
for no key update
"""

_LOCK_BY_ID = "select * from only orders where order_id = $1 for no key update"
_LOCK_BY_PAYMENTS = """
select * from only orders
where order_id in (select order_id from only payments where payment_no = any ($1::text[]))
order by order_id
for no key update
"""

_LOCK_BY_REFUNDS = """
select * from only orders
where order_id in (select order_id from only refunds where refund_no = any ($1::text[]))
order by order_id
for no key update
"""

_LOCK_BY_SPLITS = """
select * from only orders
where order_id in (select order_id from only splits where split_no = any ($1::text[]))
order by order_id
for no key update
"""

_PAYMENTS = """
select *, statement_timestamp() as read_at
from only payments where order_id = any ($1::text[]) order by created_at, payment_no
"""

_REFUNDS_OF_ORDERS = "select * from only refunds where order_id = any ($1::text[])"

_REFUNDS = "select * from only refunds where refund_no = any ($1::text[])"
