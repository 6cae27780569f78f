"""Orders, payments and refunds as the outside sees them, in answers, callbacks and commands."""

from contracts.api import OrderSummary, OrderView, PaymentView, RefundView
from contracts.events.commands import PaymentRef, RefundRef
from contracts.internal import PaymentOnFile
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund


def order_summary(order: Order) -> OrderSummary:
    return OrderSummary(
        merchant_order_no=order.merchant_order_no,
        merchant_id=order.merchant_id,
        status=order.state,
        amount=order.amount,
        currency=order.currency,
        amount_paid=order.amount_paid,
        amount_refunded=order.amount_refunded,
        subject=order.subject,
        created_at=order.created_at,
        expires_at=order.expires_at,
    )


def payment_view(order: Order, payment: Payment) -> PaymentView:
    return PaymentView(
        payment_no=payment.payment_no,
        merchant_order_no=order.merchant_order_no,
        channel_trade_no=payment.channel_trade_no,
        merchant_id=order.merchant_id,
        payment_id=payment.payment_id,
        channel=payment.channel,
        method=payment.method,
        status=payment.state,
        amount=payment.amount,
        currency=payment.currency,
        amount_refunded=payment.amount_refunded,
        subject=payment.subject,
        action=payment.action,
        expires_at=payment.expires_at,
        created_at=payment.created_at,
        paid_at=payment.paid_at,
        metadata=payment.metadata,
        failure=payment.failure,
    )


def refund_view(order: Order, payment: Payment, refund: Refund) -> RefundView:
    return RefundView(
        refund_no=refund.refund_no,
        merchant_refund_no=refund.merchant_refund_no,
        payment_no=refund.payment_no,
        merchant_order_no=order.merchant_order_no,
        channel_trade_no=payment.channel_trade_no,
        channel_refund_no=refund.channel_refund_no,
        merchant_id=refund.merchant_id,
        payment_id=payment.account,
        amount=refund.amount,
        currency=refund.currency,
        status=refund.state,
        reason=refund.reason,
        cause=refund.cause,
        created_at=refund.created_at,
        refunded_at=refund.refunded_at,
        failure=refund.failure,
    )


def payment_on_file(order: Order, payment: Payment) -> PaymentOnFile:
    return PaymentOnFile(
        **dict(payment_view(order, payment)),
        order=order_summary(order),
        return_url=payment.return_url,
        wished_payment_id=payment.wished_payment_id,
    )


def order_view(order: Order, payments: list[Payment], refunds: list[Refund]) -> OrderView:
    """The order with both lists, oldest first."""
    by_number = {payment.payment_no: payment for payment in payments}
    return OrderView(
        **dict(order_summary(order)),
        payments=[payment_view(order, payment) for payment in payments],
        refunds=[refund_view(order, by_number[item.payment_no], item) for item in refunds],
    )


def payment_ref(order: Order, payment: Payment) -> PaymentRef:
    """What a channel plugin must know of a payment that is placed."""
    if payment.channel is None or payment.called_as is None:
        raise ValueError(f"{payment.payment_no} is at no channel yet")
    return PaymentRef(
        payment_no=payment.payment_no,
        payment_id=payment.account,
        merchant_id=order.merchant_id,
        merchant_order_no=order.merchant_order_no,
        channel=payment.channel,
        method=payment.called_as,
        amount=payment.amount,
        currency=payment.currency,
        channel_trade_no=payment.channel_trade_no,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
    )


def refund_ref(refund: Refund) -> RefundRef:
    return RefundRef(
        refund_no=refund.refund_no,
        amount=refund.amount,
        reason=refund.reason,
        channel_refund_no=refund.channel_refund_no,
        created_at=refund.created_at,
    )
