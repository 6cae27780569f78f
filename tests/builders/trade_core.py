"""Requests, payments and words of channels for tests of trade-core; nothing here does IO."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.builders.results import payment_result_of

from contracts.actions import QrCodeAction
from contracts.api import CreatePayment, CreateRefund, CreateSplit, Method, PaymentStatus
from contracts.events.results import (
    PaymentResult,
    RefundResult,
    ShareResult,
    Source,
    SplitResult,
    Verdict,
)
from trade_core.domain import opening
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_refund_result import apply_refund_result
from trade_core.domain.opening import PaymentRequest
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split

APP, MERCHANT, ACCOUNT, OTHER_ACCOUNT = "A1", "M1", "C1", "C2"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
QR = QrCodeAction(qr_code="weixin://wxpay/bizpayurl?pr=abc")


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def request(**changes: Any) -> CreatePayment:
    usual = {
        "merchant_id": MERCHANT,
        "payment_id": ACCOUNT,
        "merchant_order_no": "W1",
        "amount": 1299,
        "subject": "物业费 11月",
        "method": Method.NATIVE,
    }
    return CreatePayment(**{**usual, **changes})


def payment_request(
    *,
    window_s: int = 15,
    channel: str | None = "wechat",
    signed_at: datetime | None = None,
    **changes: Any,
) -> PaymentRequest:
    """The request as trade-core gets it from the gateway."""
    return PaymentRequest(APP, request(**changes), channel, timedelta(seconds=window_s), signed_at)


def cashier_request(**changes: Any) -> PaymentRequest:
    return payment_request(channel=None, method=Method.CASHIER, payment_id=None, **changes)


def fresh(a_request: PaymentRequest | None = None, **changes: Any) -> tuple[Order, Payment]:
    order, payment = opening.fresh(a_request or payment_request(), NOON)
    return order, replace(payment, **changes)


def pending(**changes: Any) -> tuple[Order, Payment]:
    return fresh(state=PaymentStatus.PENDING, **changes)


def aggregate(order: Order, *payments: Payment, now: datetime = NOON) -> OrderAggregate:
    return OrderAggregate(order, {payment.payment_no: payment for payment in payments}, {}, now)


def refund_request(
    payment: Payment, number: str = "T1", amount: int = 500, **more: Any
) -> CreateRefund:
    usual = {
        "merchant_id": MERCHANT,
        "payment_id": payment.account_id,
        "payment_no": payment.payment_no,
        "merchant_refund_no": number,
        "amount": amount,
    }
    return CreateRefund(**{**usual, **more})


def split_request(payment: Payment, number: str = "F1", *shares: int, **more: Any) -> CreateSplit:
    """To as many receivers as there are shares: 190001, 190002 …"""
    usual = {
        "merchant_id": MERCHANT,
        "payment_no": payment.payment_no,
        "merchant_split_no": number,
        "receivers": [
            {"account": f"19000{place}", "amount": amount, "description": "维修基金"}
            for place, amount in enumerate(shares or (300,), start=1)
        ],
    }
    return CreateSplit(**{**usual, **more})


def payment_result(
    payment: Payment, source: Source, verdict: Verdict, **more: Any
) -> PaymentResult:
    """A channel's word, by default from the payment's own account and in agreement with it."""
    usual: dict[str, Any] = {
        "payment_no": payment.payment_no,
        "payment_id": payment.account_id or ACCOUNT,
        "channel": "wechat",
        "source": source,
        "verdict": verdict,
    }
    return payment_result_of({**usual, **more})


def paid(payment: Payment, source: Source = Source.NOTICE, **more: Any) -> PaymentResult:
    usual: dict[str, Any] = {
        "amount": payment.amount,
        "currency": payment.currency,
        "channel_trade_no": f"42{payment.payment_no[-8:]}",
    }
    return payment_result(payment, source, Verdict.SUCCEEDED, **{**usual, **more})


def waits(payment: Payment) -> PaymentResult:
    return payment_result(payment, Source.INITIATION, Verdict.PENDING, action=QR)


def closed(payment: Payment) -> PaymentResult:
    return payment_result(payment, Source.CLOSE, Verdict.SUCCEEDED)


def refund_result(refund: Refund, source: Source, verdict: Verdict, **more: Any) -> RefundResult:
    usual: dict[str, Any] = {
        "refund_no": refund.refund_no,
        "payment_no": refund.payment_no,
        "payment_id": ACCOUNT,
        "channel": "wechat",
        "source": source,
        "verdict": verdict,
    }
    return RefundResult(**{**usual, **more})


def returned(refund: Refund, **more: Any) -> RefundResult:
    usual: dict[str, Any] = {"amount": refund.amount, "currency": refund.currency}
    return refund_result(refund, Source.REFUND, Verdict.SUCCEEDED, **{**usual, **more})


def apply_word(opened: OrderAggregate, word: RefundResult, at: datetime = NOON) -> None:
    """The event of the word is of `at`; it is not applied before it was said."""
    opened.now = max(opened.now, word.said_at or at)
    apply_refund_result(opened, word, time=at)


def split_result(
    split: Split, verdict: Verdict, source: Source = Source.SPLIT, **more: Any
) -> SplitResult:
    usual: dict[str, Any] = {
        "split_no": split.split_no,
        "payment_no": split.payment_no,
        "payment_id": ACCOUNT,
        "channel": "wechat",
        "source": source,
        "verdict": verdict,
    }
    return SplitResult(**{**usual, **more})


def shared(split: Split, failing: Collection[str] = (), **more: Any) -> SplitResult:
    """The channel is through with it; `failing` accounts did not get their share."""
    receivers = [
        ShareResult(
            account=share.account,
            amount=share.amount,
            status="failed" if share.account in failing else "succeeded",
            code="NO_RELATION" if share.account in failing else None,
            message="分账接收方未添加" if share.account in failing else None,
        )
        for share in split.shares
    ]
    return split_result(split, Verdict.SUCCEEDED, receivers=receivers, **more)
