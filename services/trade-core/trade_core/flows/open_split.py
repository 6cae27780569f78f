"""An app divides what was paid: reserved, stored and on its way in one transaction."""

from dataclasses import dataclass
from functools import partial

from chassis import logs
from chassis.database import Tx
from contracts.api import CreateSplit
from contracts.identifiers import is_id
from trade_core.domain import splitting
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import PaymentNotFound, SplitMismatch
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.split import Split
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.flows.waiting import once_initiated
from trade_core.store import aggregates, saving, splits


@dataclass(frozen=True, slots=True)
class OpenedSplit:
    """`created` False: a repeat; the split as it is now."""

    order: Order
    payment: Payment
    split: Split
    created: bool


async def open_split(deps: Deps, app_id: str, request: CreateSplit) -> OpenedSplit:
    """Start a split; committed when this returns. Waits as `open_refund` does.

    Raises PaymentNotFound (also for what belongs to another app or merchant),
    PaymentNotSplittable, SplitExceedsPaid, SplittingFinished, SplitMismatch.
    """
    if not is_id("payment", request.payment_no):
        raise PaymentNotFound(request.payment_no)
    opening = partial(_open, deps, app_id, request)
    return await once_initiated(deps, request.payment_no, opening)


@retry_on_conflict
async def _open(deps: Deps, app_id: str, request: CreateSplit) -> OpenedSplit:
    async with deps.db.transaction() as tx:
        found = await aggregates.by_payments(tx, [request.payment_no])
        aggregate = found.get(request.payment_no)
        if aggregate is None or not _belongs(aggregate, app_id, request):
            raise PaymentNotFound(request.payment_no)
        if repeated := await _find_repeated(tx, aggregate, request):
            payment = aggregate.payments[repeated.payment_no]
            return OpenedSplit(aggregate.order, payment, repeated, created=False)
        await aggregates.know_splits(tx, aggregate, request.payment_no)
        aggregate.traceparent = logs.traceparent.get() or None
        split = splitting.split_as_requested(aggregate, request)
        await saving.save(tx, [aggregate])
    committed(deps, [aggregate])
    return OpenedSplit(aggregate.order, aggregate.payments[split.payment_no], split, created=True)


def _belongs(aggregate: OrderAggregate, app_id: str, request: CreateSplit) -> bool:
    order = aggregate.order
    return (app_id, request.merchant_id) == (order.app_id, order.merchant_id)


async def _find_repeated(tx: Tx, aggregate: OrderAggregate, request: CreateSplit) -> Split | None:
    order = aggregate.order
    known = await splits.find_by_number(
        tx, order.app_id, order.merchant_id, request.merchant_split_no
    )
    if known is not None and known.fingerprint != request.fingerprint():
        numbers = aggregate.numbers_of(aggregate.payments[request.payment_no])
        raise SplitMismatch(request.merchant_split_no, numbers)
    return known
