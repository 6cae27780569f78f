"""An app wants to be paid: the order is found or made, and the payment is there before any channel
is called."""

from dataclasses import dataclass

from chassis import logs
from chassis.database import Tx
from contracts.api import PaymentStatus
from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from trade_core.domain import due, opening
from trade_core.domain.errors import OrderNotFound, PaymentInProgress
from trade_core.domain.event import Event
from trade_core.domain.fifteen_second_rule import find_replayed
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.order import Order, numbers_of
from trade_core.domain.payment import Payment
from trade_core.flows.after_commit import committed
from trade_core.flows.deps import Deps
from trade_core.flows.retry import retry_on_conflict
from trade_core.flows.waiting import until_initiated
from trade_core.store import aggregates, fresh_orders, outgoing, saving, traces


@dataclass(frozen=True, slots=True)
class Opened:
    """`created` False: a repeat of the same request; the payment as it is now."""

    order: Order
    payment: Payment
    created: bool


async def open_payment(deps: Deps, request: PaymentRequest) -> Opened:
    """Open a payment; committed when this returns.

    Of any number of identical requests at once exactly one is `created`. Raises TooSoon,
    PaymentInProgress, OrderPaid, OrderClosed, PaymentConflicted.
    """
    async with deps.db.connection() as tx:
        opened = await insert_fresh(deps, tx, request)
    if opened is None:
        return await _open_known(deps, request)
    deps.wake_relay()
    return opened


async def insert_fresh(deps: Deps, tx: Tx, request: PaymentRequest) -> Opened | None:
    """The order with its first payment; None, and nothing is stored, where its number is known."""
    now = deps.clock()
    order, payment = opening.fresh(request, now)
    event = Event(
        event_id=new_id("event"),
        type=OrderEventType.PAYMENT_CREATED,
        sequence=order.version,
        at=now,
        traceparent=logs.traceparent.get() or None,
        order=order,
        payment=payment,
    )
    next_check = due.open_check(payment, now)
    is_fresh = await fresh_orders.insert(
        tx, order, payment, next_check, outgoing.order_event(event)
    )
    if not is_fresh:
        return None
    await traces.keep(tx, payment.payment_no, event.traceparent)
    return Opened(order, payment, created=True)


async def _open_known(deps: Deps, request: PaymentRequest) -> Opened:
    opened = await _repeat_or_open_another(deps, request)
    if opened.created:
        return opened
    order, payment = await until_initiated(deps, opened.order, opened.payment)
    if payment.state is PaymentStatus.INITIATING:
        raise PaymentInProgress(numbers_of(order, payment))
    return Opened(order, payment, created=False)


@retry_on_conflict
async def _repeat_or_open_another(deps: Deps, request: PaymentRequest) -> Opened:
    async with deps.db.transaction() as tx:
        aggregate = await aggregates.find_by_key(tx, request.order_key)
        if aggregate is None:
            raise OrderNotFound(request.order_key.merchant_order_no)
        aggregate.traceparent = logs.traceparent.get() or None
        await aggregates.know_what_goes_back(tx, aggregate)
        if replayed := find_replayed(aggregate, request):
            return Opened(aggregate.order, replayed, created=False)
        payment = opening.open_another(aggregate, request)
        await saving.save(tx, [aggregate])
    committed(deps, [aggregate])
    return Opened(aggregate.order, payment, created=True)
