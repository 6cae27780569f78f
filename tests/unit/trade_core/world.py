"""Orders, payments and words of channels for tests of the rules; nothing here does IO."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.api import CreatePayment, CreateSplit, Method, PaymentStatus
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

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ACCOUNT = "C1"


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def request(
    *,
    window_s: int = 15,
    channel: str | None = "wechat",
    signed_at: datetime | None = None,
    **changes: Any,
) -> PaymentRequest:
    usual = {
        "merchant_id": "M1",
        "payment_id": ACCOUNT,
        "merchant_order_no": "W1",
        "amount": 1299,
        "subject": "物业费 11月",
        "method": Method.NATIVE,
    }
    content = CreatePayment(**{**usual, **changes})
    return PaymentRequest("A1", content, channel, timedelta(seconds=window_s), signed_at)


def cashier_request(**changes: Any) -> PaymentRequest:
    return request(channel=None, method=Method.CASHIER, payment_id=None, **changes)


def fresh(a_request: PaymentRequest | None = None, **changes: Any) -> tuple[Order, Payment]:
    order, payment = opening.fresh(a_request or request(), NOON)
    return order, replace(payment, **changes)


def pending(**changes: Any) -> tuple[Order, Payment]:
    return fresh(state=PaymentStatus.PENDING, **changes)


def aggregate(order: Order, *payments: Payment, now: datetime = NOON) -> OrderAggregate:
    return OrderAggregate(order, {payment.payment_no: payment for payment in payments}, {}, now)


def said(payment: Payment, source: Source, verdict: Verdict, **more: Any) -> PaymentResult:
    """A channel's word, by default from the payment's own account."""
    usual: dict[str, Any] = {
        "payment_no": payment.payment_no,
        "payment_id": payment.account_id or ACCOUNT,
        "channel": "wechat",
        "source": source,
        "verdict": verdict,
    }
    return PaymentResult(**{**usual, **more})


def paid(payment: Payment, source: Source = Source.NOTICE, **more: Any) -> PaymentResult:
    usual: dict[str, Any] = {
        "amount": payment.amount,
        "currency": payment.currency,
        "channel_trade_no": "4200001",
        "paid_at": NOON,
    }
    return said(payment, source, Verdict.SUCCEEDED, **{**usual, **more})


def said_of_refund(refund: Refund, source: Source, verdict: Verdict, **more: Any) -> RefundResult:
    usual: dict[str, Any] = {
        "refund_no": refund.refund_no,
        "payment_no": refund.payment_no,
        "payment_id": ACCOUNT,
        "channel": "wechat",
        "source": source,
        "verdict": verdict,
    }
    return RefundResult(**{**usual, **more})


def hear_of_refund(opened: OrderAggregate, word: RefundResult, at: datetime = NOON) -> None:
    """The event of the word is of `at`."""
    apply_refund_result(opened, word, time=at)


def split_request(payment: Payment, *shares: int, **more: Any) -> CreateSplit:
    """To as many receivers as there are shares: 190001, 190002 …"""
    usual = {
        "merchant_id": "M1",
        "payment_no": payment.payment_no,
        "merchant_split_no": "F1",
        "receivers": [
            {"account": f"19000{place}", "amount": amount, "description": "维修基金"}
            for place, amount in enumerate(shares or (300,), start=1)
        ],
    }
    return CreateSplit(**{**usual, **more})


def said_of_split(split: Split, verdict: Verdict, **more: Any) -> SplitResult:
    usual: dict[str, Any] = {
        "split_no": split.split_no,
        "payment_no": split.payment_no,
        "payment_id": ACCOUNT,
        "channel": "wechat",
        "source": Source.SPLIT,
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
        )
        for share in split.shares
    ]
    return said_of_split(split, Verdict.SUCCEEDED, receivers=receivers, **more)
