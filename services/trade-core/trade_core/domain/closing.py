"""To close (关单): at the channel first; a payment is closed when the channel is certain of it."""

from dataclasses import replace

from contracts.api import OrderStatus
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import OrderPaid
from trade_core.domain.payment import Fact, Payment, after


def close_order(dossier: Dossier) -> None:
    """The app's wish: the order is closed at once, its open payments as soon as may be.

    Closing what is closed changes nothing. Raises OrderPaid.
    """
    order = dossier.order
    if order.state is OrderStatus.PAID:
        raise OrderPaid(order.merchant_order_no)
    if order.state is OrderStatus.CLOSED:
        return
    close_payments(dossier)
    dossier.change_order(replace(dossier.order, closed_by_app=True))


def close_payments(dossier: Dossier) -> None:
    """Have every open payment closed: the unplaced ones here, the others at their channels."""
    for payment in list(dossier.payments.values()):
        if payment.is_open and not payment.closing:
            dossier.change_payment(_closing(payment))


def end_expired(dossier: Dossier) -> None:
    """What nobody can pay any more and no channel has to be asked about."""
    for payment in list(dossier.payments.values()):
        over = payment.closing or dossier.now >= payment.expires_at
        if payment.is_open and not payment.is_placed and over:
            dossier.change_payment(_closing(payment))
    dossier.end_expired()


def _closing(payment: Payment) -> Payment:
    if payment.is_placed:
        return replace(payment, closing=True)
    return replace(payment, closing=True, state=after(payment.state, Fact.ENDED))
