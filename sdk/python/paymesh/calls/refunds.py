"""/v1/refunds."""

from datetime import datetime
from typing import Any

from paymesh import exchange
from paymesh.calls import lists
from paymesh.exchange import Call, Stream, path, post
from paymesh.models.answers import RefundPage
from paymesh.models.money import RefundView
from paymesh.models.requests import CreateRefund
from paymesh.models.vocabulary import RefundStatus


def create(
    *,
    merchant_id: str,
    payment_id: str,
    payment_no: str,
    merchant_refund_no: str,
    amount: int,
    reason: str | None = None,
    notify_url: str | None = None,
) -> Call[RefundView]:
    """Give this much back; the result comes by callback. The same `merchant_refund_no` again is
    the same refund, so a lost answer is asked for again.

    Raises:
        RefundExceedsPaid, PaymentNotRefundable, RefundMismatch: it is not taken.
    """
    asked: dict[str, Any] = dict(locals())
    return post(path("refunds"), RefundView, lists.asked(CreateRefund, asked), is_repeatable=True)


def get(refund_no: str) -> Call[RefundView]:
    """One refund, by our number (`R…`)."""
    return exchange.get(path("refunds", refund_no), RefundView)


def find(*, merchant_id: str, merchant_refund_no: str) -> Call[RefundView]:
    """One refund, by your own number. Raises NotFound."""
    query = {"merchant_id": merchant_id, "merchant_refund_no": merchant_refund_no}
    return exchange.get(path("refunds"), RefundView, query)


def list_(
    *,
    status: RefundStatus | str | None = None,
    merchant_id: str | None = None,
    channel: str | None = None,
    merchant_order_no: str | None = None,
    payment_no: str | None = None,
    channel_trade_no: str | None = None,
    created_from: datetime | None = None,
    created_to: datetime | None = None,
    paid_from: datetime | None = None,
    paid_to: datetime | None = None,
    order: str | None = None,
    after: str | None = None,
) -> Stream[RefundView]:
    """All refunds that fit; the newest first. By your own number: `find`."""
    return lists.items("refunds", RefundPage, dict(locals()))
