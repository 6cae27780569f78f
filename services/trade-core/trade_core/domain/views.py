"""What others see of orders, payments, refunds and splits: in answers, callbacks, commands."""

from typing import Any

import orjson

from contracts.api import (
    OrderSummary,
    OrderView,
    PaymentStatus,
    PaymentView,
    RefundStatus,
    RefundView,
    SplitView,
)
from contracts.events import commands
from contracts.events.commands import PaymentRef, RefundRef, SplitRef, SplitReturn
from contracts.events.orders import SOURCE
from contracts.internal import (
    CheckoutOnFile,
    ClaimView,
    PaymentInBooks,
    PaymentOnFile,
    RefundOnFile,
)
from trade_core.domain.event import Event
from trade_core.domain.opening import attempts_are_over
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment, ReportedPayment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Share, Split


def order_event(event: Event) -> bytes:
    """As `contracts.events.orders.OrderEventRecord` writes it. Each result tells two events, and
    what comes from our own books needs no validation."""
    order, payment, refund, split = event.order, event.payment, event.refund, event.split
    is_about_payment = payment is not None and refund is None and split is None
    content = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": SOURCE,
        "type": event.type,
        "subject": event.subject,
        "time": event.at,
        "datacontenttype": "application/json",
        "traceparent": event.traceparent,
        "data": {
            "app_id": order.app_id,
            "merchant_id": order.merchant_id,
            "order_id": order.order_id,
            "sequence": event.sequence,
            "order": _order(order),
            "payment": _payment(order, payment) if payment and is_about_payment else None,
            "refund": _refund(order, payment, refund) if payment and refund else None,
            "split": _split(order, payment, split) if payment and split else None,
            "notify_url": event.notify_url,
            "call": event.call,
        },
    }
    return _json(content)


def opened_payment(order: Order, payment: Payment, *, created: bool) -> bytes:
    """As `contracts.internal.OpenedPayment` writes it, in the same way."""
    content = {"created": created, "payment": _payment(order, payment), "order": _order(order)}
    return _json(content)


def order_summary(order: Order) -> OrderSummary:
    return OrderSummary(**_order(order))


def payment_view(order: Order, payment: Payment) -> PaymentView:
    return PaymentView(**_payment(order, payment))


def refund_view(order: Order, payment: Payment, refund: Refund) -> RefundView:
    return RefundView(**_refund(order, payment, refund))


def refund_on_file(order: Order, payment: Payment, refund: Refund) -> RefundOnFile:
    members = _refund(order, payment, refund)
    return RefundOnFile(**members, version=refund.version, is_dispute=refund.is_dispute)


def split_view(order: Order, payment: Payment, split: Split) -> SplitView:
    return SplitView(**_split(order, payment, split))


def payment_in_books(order: Order, payment: Payment) -> PaymentInBooks:
    is_paid = payment.state is PaymentStatus.SUCCEEDED
    return PaymentInBooks(
        **_payment(order, payment),
        amount_reserved=_on_its_way_back(payment),
        amount_left=payment.amount - payment.refund_reserved if is_paid else 0,
        amount_split=payment.split_reserved,
        claim=None if payment.claim is None else _claim_view(payment.claim),
    )


def payment_on_file(order: Order, payment: Payment) -> PaymentOnFile:
    return PaymentOnFile(
        **_payment(order, payment),
        order=order_summary(order),
        return_url=payment.return_url,
        requested_account_id=payment.requested_account_id,
        splits=payment.will_split,
        ref=_ref(order, payment),
        app_id=order.app_id,
        amount_reserved=_on_its_way_back(payment),
        claim=None if payment.claim is None else _claim_view(payment.claim),
    )


def _on_its_way_back(payment: Payment) -> int:
    return payment.refund_reserved - payment.amount_refunded


def _claim_view(claim: ReportedPayment) -> ClaimView:
    return ClaimView(
        payment_id=claim.account_id,
        channel_trade_no=claim.channel_trade_no,
        amount=claim.amount,
        currency=claim.currency,
        paid_at=claim.paid_at,
    )


def order_view(order: Order, payments: list[Payment], refunds: list[Refund]) -> OrderView:
    """The order with both lists, oldest first."""
    by_number = {payment.payment_no: payment for payment in payments}
    return OrderView(
        **_order(order),
        payments=[payment_view(order, payment) for payment in payments],
        refunds=[refund_view(order, by_number[item.payment_no], item) for item in refunds],
    )


def checkout_on_file(
    order: Order, payment_no: str, payments: list[Payment], refunds: list[Refund]
) -> CheckoutOnFile:
    """What our own page must know; `payment_no` is one of the payments."""
    whole = order_view(order, payments, refunds)
    by_number = {payment.payment_no: payment for payment in payments}
    latest = by_number[order.latest_payment_no]
    return CheckoutOnFile(
        app_id=order.app_id,
        sequence=order.version,
        payment=payment_on_file(order, by_number[payment_no]),
        latest_payment_no=order.latest_payment_no,
        payments=whole.payments,
        refunds=whole.refunds,
        latest_ref=_ref(order, latest),
        latest_called_at=latest.called_at,
        attempts_over=attempts_are_over(payments, latest),
    )


def _ref(order: Order, payment: Payment) -> PaymentRef | None:
    return payment_ref(order, payment) if payment.is_placed else None


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
        splits=payment.will_split,
        paid_at=payment.paid_at,
        initiated_at=payment.initiated_at,
    )


def refund_ref(refund: Refund, *, has_others: bool = False) -> RefundRef:
    return RefundRef(
        refund_no=refund.refund_no,
        amount=refund.amount,
        reason=refund.reason,
        channel_refund_no=refund.channel_refund_no,
        created_at=refund.created_at,
        returns=[
            SplitReturn(
                split_no=one.split_no,
                account=one.account,
                amount=one.amount,
                return_no=one.return_no,
            )
            for one in refund.returns
        ],
        has_others=has_others,
    )


def split_ref(split: Split) -> SplitRef:
    return SplitRef(
        split_no=split.split_no,
        receivers=[
            commands.Share(
                account=share.account, amount=share.amount, description=share.description
            )
            for share in split.shares
        ],
        finish=split.finish,
        channel_split_no=split.channel_split_no,
        created_at=split.created_at,
    )


# ── the fields of what others see ─────────────────────────────────────────────────────────────


def _json(content: dict[str, Any]) -> bytes:
    # What is a model in it (an action, a failure) is written by its fields.
    return orjson.dumps(content, default=vars, option=orjson.OPT_UTC_Z)


def _order(order: Order) -> dict[str, Any]:
    return {
        "merchant_order_no": order.merchant_order_no,
        "merchant_id": order.merchant_id,
        "status": order.state,
        "amount": order.amount,
        "currency": order.currency,
        "amount_paid": order.amount_paid,
        "amount_refunded": order.amount_refunded,
        "subject": order.subject,
        "created_at": order.created_at,
        "expires_at": order.expires_at,
    }


def _payment(order: Order, payment: Payment) -> dict[str, Any]:
    return {
        "payment_no": payment.payment_no,
        "merchant_order_no": order.merchant_order_no,
        "channel_trade_no": payment.channel_trade_no,
        "merchant_id": order.merchant_id,
        "payment_id": payment.account_id,
        "channel": payment.channel,
        "method": payment.method,
        "status": payment.state,
        "amount": payment.amount,
        "currency": payment.currency,
        "amount_refunded": payment.amount_refunded,
        "subject": payment.subject,
        "action": payment.action,
        "expires_at": payment.expires_at,
        "created_at": payment.created_at,
        "paid_at": payment.paid_at,
        "metadata": payment.metadata,
        "failure": payment.failure,
    }


def _refund(order: Order, payment: Payment, refund: Refund) -> dict[str, Any]:
    return {
        "refund_no": refund.refund_no,
        "merchant_refund_no": refund.merchant_refund_no,
        "payment_no": refund.payment_no,
        "merchant_order_no": order.merchant_order_no,
        "channel_trade_no": payment.channel_trade_no,
        "channel_refund_no": refund.channel_refund_no,
        "merchant_id": refund.merchant_id,
        "payment_id": payment.account,
        "amount": refund.amount,
        "currency": refund.currency,
        "status": refund.state,
        "reason": refund.reason,
        "cause": refund.cause,
        "created_at": refund.created_at,
        "refunded_at": refund.refunded_at,
        "failure": None if refund.state is RefundStatus.PROCESSING else refund.failure,
    }


def _split(order: Order, payment: Payment, split: Split) -> dict[str, Any]:
    return {
        "split_no": split.split_no,
        "merchant_split_no": split.merchant_split_no,
        "payment_no": split.payment_no,
        "merchant_order_no": order.merchant_order_no,
        "channel_trade_no": payment.channel_trade_no,
        "channel_split_no": split.channel_split_no,
        "merchant_id": split.merchant_id,
        "payment_id": payment.account,
        "amount": split.amount,
        "currency": split.currency,
        "status": split.state,
        "finish": split.finish,
        "receivers": [_share(share) for share in split.shares],
        "created_at": split.created_at,
        "finished_at": split.finished_at,
        "failure": split.failure,
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "account": share.account,
        "amount": share.amount,
        "description": share.description,
        "status": share.state,
        "amount_returned": share.amount_returned,
        "failure": share.failure,
    }
