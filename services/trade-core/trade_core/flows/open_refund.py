"""Somebody wants money to go back: reserved, stored and on its way in one transaction."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from chassis import logs
from chassis.database import Tx
from contracts.api import CreateRefund
from contracts.identifiers import is_id
from trade_core.domain import refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import PaymentNotFound, RefundMismatch, TooManyRefunds
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.flows.waiting import once_initiated
from trade_core.store import aggregates, reading, saving

MOST_REFUNDS: Final = 200
"""Of one payment, the failed apart: all of them are read under the order's lock when its channel
says what went back, while other orders' words wait. A channel that takes fewer says so itself."""

MOST_TRIED: Final = 500
"""With those that failed, which are read then, too."""


@dataclass(frozen=True, slots=True)
class OpenedRefund:
    """`created` False: a repeat; the refund as it is now."""

    order: Order
    payment: Payment
    refund: Refund
    created: bool


async def open_refund(deps: Deps, app_id: str | None, request: CreateRefund) -> OpenedRefund:
    """Start a refund; committed when this returns. `app_id` None: a person, for any app.
    While the payment is being initiated this waits for up to 0.5 s.

    Raises PaymentNotFound (also for what belongs to another app, merchant or account),
    PaymentNotRefundable, TooManyRefunds, RefundExceedsPaid, RefundMismatch.
    """
    if not is_id("payment", request.payment_no):
        raise PaymentNotFound(request.payment_no)
    opening = partial(_open, deps, app_id, request)
    return await once_initiated(deps, request.payment_no, opening)


@retry_on_conflict
async def _open(deps: Deps, app_id: str | None, request: CreateRefund) -> OpenedRefund:
    async with deps.db.transaction() as tx:
        found = await aggregates.by_payments(tx, [request.payment_no])
        aggregate = found.get(request.payment_no)
        if aggregate is None or not _belongs(aggregate, app_id, request):
            raise PaymentNotFound(request.payment_no)
        if repeated := await _find_repeated(tx, aggregate, request):
            payment = aggregate.payments[repeated.payment_no]
            return OpenedRefund(aggregate.order, payment, repeated, created=False)
        await _require_few(tx, aggregate, request.payment_no)
        aggregate.traceparent = logs.traceparent.get() or None
        if aggregate.payments[request.payment_no].split_reserved:
            await aggregates.know_splits(tx, aggregate, request.payment_no)
        policy = deps.refund_splits(aggregate.order.app_id)
        refund = refund_reservation.refund_as_requested(
            aggregate, request, policy, is_by_person=app_id is None
        )
        await saving.save(tx, [aggregate])
    committed(deps, [aggregate])
    return OpenedRefund(
        aggregate.order, aggregate.payments[refund.payment_no], refund, created=True
    )


def _belongs(aggregate: OrderAggregate, app_id: str | None, request: CreateRefund) -> bool:
    order, payment = aggregate.order, aggregate.payments[request.payment_no]
    return (
        app_id in (None, order.app_id)
        and request.merchant_id == order.merchant_id
        and request.payment_id == payment.account_id
    )


async def _require_few(tx: Tx, aggregate: OrderAggregate, payment_no: str) -> None:
    standing, every = await reading.count_refunds(tx, aggregate.order.order_id, payment_no)
    if standing >= MOST_REFUNDS or every >= MOST_TRIED:
        raise TooManyRefunds(every, aggregate.numbers_of(aggregate.payments[payment_no]))


async def _find_repeated(tx: Tx, aggregate: OrderAggregate, request: CreateRefund) -> Refund | None:
    order = aggregate.order
    known = await reading.find_refund_by_number(
        tx, order.app_id, order.merchant_id, request.merchant_refund_no
    )
    if known is not None and known.fingerprint != request.fingerprint():
        numbers = aggregate.numbers_of(aggregate.payments[request.payment_no])
        raise RefundMismatch(request.merchant_refund_no, numbers)
    return known
