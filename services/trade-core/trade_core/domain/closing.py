"""To close (关单): at the channel first; a payment is closed when the channel is certain of it."""

from dataclasses import replace

from contracts.api import OrderStatus
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import OrderPaid
from trade_core.domain.payment import Payment, PaymentFact, after


def close_order(aggregate: OrderAggregate) -> None:
    """The app's request: the order is closed at once, its open payments as soon as may be. One in
    conflict stays for people to decide: accepted, it pays the order as a late success does.

    Closing what is closed changes nothing. Raises OrderPaid.
    """
    order = aggregate.order
    if order.state is OrderStatus.PAID:
        raise OrderPaid(aggregate.numbers_of(aggregate.settling or aggregate.latest))
    if order.state is OrderStatus.CLOSED:
        return
    close_payments(aggregate)
    aggregate.change_order(replace(aggregate.order, closed_by_app=True))


def close_payments(aggregate: OrderAggregate) -> None:
    """Have every open payment closed: the unplaced ones here, the others at their channels."""
    for payment in list(aggregate.payments.values()):
        if payment.is_open and not payment.closing:
            aggregate.change_payment(_closing(payment))


def end_expired(aggregate: OrderAggregate) -> None:
    """What nobody can pay any more and no channel has to be asked about."""
    for payment in list(aggregate.payments.values()):
        over = payment.closing or aggregate.now >= payment.expires_at
        if payment.is_open and not payment.is_placed and over:
            aggregate.change_payment(_closing(payment))
    aggregate.end_expired()


def _closing(payment: Payment) -> Payment:
    if payment.is_placed:
        return replace(payment, closing=True)
    return replace(payment, closing=True, state=after(payment.state, PaymentFact.ENDED))
