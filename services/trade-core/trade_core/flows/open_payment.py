"""An app wants to be paid: the order is found or made, and the payment is there before any channel
is called."""

from dataclasses import dataclass

from chassis import logs
from contracts.api import PaymentStatus
from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from trade_core.domain import due, opening
from trade_core.domain.errors import OrderNotFound, PaymentInProgress
from trade_core.domain.event import Event
from trade_core.domain.opening import Wish
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.flows.aftermath import committed
from trade_core.flows.again import read_again
from trade_core.flows.deps import Deps
from trade_core.flows.waiting import until_initiated
from trade_core.store import dossiers, fresh_orders, outgoing, saving


@dataclass(frozen=True, slots=True)
class Opened:
    """`created` False: a repeat of the same wish; the payment as it is now."""

    order: Order
    payment: Payment
    created: bool


async def open_payment(deps: Deps, wish: Wish) -> Opened:
    """Open a payment; committed when this returns.

    Of any number of identical wishes at once exactly one is `created`. Raises TooSoon,
    PaymentInProgress, OrderPaid, OrderClosed.
    """
    now = deps.clock()
    order, payment = opening.fresh(wish, now)
    told = Event(
        event_id=new_id("event"),
        type=OrderEventType.PAYMENT_CREATED,
        sequence=order.version,
        at=now,
        traceparent=logs.traceparent.get() or None,
        order=order,
        payment=payment,
    )
    look = due.open_look(payment, now)
    async with deps.db.connection() as tx:
        fresh = await fresh_orders.insert(tx, order, payment, look, outgoing.order_event(told))
    if not fresh:
        return await _open_known(deps, wish)
    deps.wake_relay()
    return Opened(order, payment, created=True)


async def _open_known(deps: Deps, wish: Wish) -> Opened:
    opened = await _repeat_or_open_another(deps, wish)
    if opened.created:
        return opened
    order, payment = await until_initiated(deps, opened.order, opened.payment)
    if payment.state is PaymentStatus.INITIATING:
        raise PaymentInProgress(payment.payment_no)
    return Opened(order, payment, created=False)


@read_again
async def _repeat_or_open_another(deps: Deps, wish: Wish) -> Opened:
    async with deps.db.transaction() as tx:
        dossier = await dossiers.find_by_key(tx, wish.order_key, clock=deps.clock)
        if dossier is None:
            raise OrderNotFound(wish.order_key.merchant_order_no)
        dossier.traceparent = logs.traceparent.get() or None
        latest = dossier.payments[dossier.order.latest_payment_no]
        if opening.is_replay(dossier.order, latest, wish, dossier.now):
            return Opened(dossier.order, latest, created=False)
        payment = opening.open_another(dossier, wish)
        await saving.save(tx, [dossier])
    committed(deps, [dossier])
    return Opened(dossier.order, payment, created=True)
