"""Money back: asked for by an app or a person, or returned by the centre itself."""

from dataclasses import replace

from contracts.api import CreateRefund, PaymentStatus, RefundCause
from contracts.identifiers import new_id
from contracts.money import Money
from trade_core.domain.dossier import Dossier
from trade_core.domain.errors import PaymentNotRefundable, RefundExceedsPaid
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund


def refund_as_wished(dossier: Dossier, wish: CreateRefund) -> Refund:
    """Reserve the amount and start the refund.

    Raises PaymentNotRefundable, RefundExceedsPaid.
    """
    payment = dossier.payments[wish.payment_no]
    if payment.state is not PaymentStatus.SUCCEEDED:
        raise PaymentNotRefundable(payment.payment_no, payment.state)
    left = payment.amount - payment.refund_reserved
    if wish.amount > left:
        raise RefundExceedsPaid(Money(left, payment.currency))
    refund = Refund(
        refund_no=new_id("refund"),
        order_id=payment.order_id,
        payment_no=payment.payment_no,
        app_id=dossier.order.app_id,
        merchant_id=dossier.order.merchant_id,
        merchant_refund_no=wish.merchant_refund_no,
        fingerprint=wish.fingerprint(),
        cause=RefundCause.REQUESTED,
        amount=wish.amount,
        currency=payment.currency,
        reason=wish.reason,
        notify_url=wish.notify_url,
        created_at=dossier.now,
    )
    _start(dossier, refund, payment)
    return refund


def return_money(dossier: Dossier, payment: Payment, cause: RefundCause) -> None:
    """Give a payment that came twice or too late back in full; told where its payment was told."""
    refund = Refund(
        refund_no=new_id("refund"),
        order_id=payment.order_id,
        payment_no=payment.payment_no,
        app_id=dossier.order.app_id,
        merchant_id=dossier.order.merchant_id,
        merchant_refund_no=None,
        fingerprint=None,
        cause=cause,
        amount=payment.amount,
        currency=payment.currency,
        reason=None,
        notify_url=payment.notify_url,
        created_at=dossier.now,
    )
    _start(dossier, refund, payment)


def _start(dossier: Dossier, refund: Refund, payment: Payment) -> None:
    reserved = payment.refund_reserved + refund.amount
    dossier.add_refund(refund, replace(payment, refund_reserved=reserved))
