"""`paymesh.order-events.v1`: what became true of orders, payments, refunds and splits.

Published by trade-core through its outbox, keyed by order id, so that the events of one order
arrive in the order in which they became true. `sequence` is the order's version: a reader that
has seen a higher one may leave an event aside.
"""

from enum import StrEnum
from typing import Final

from contracts.api import OrderSummary, PaymentView, RefundView, SplitView
from contracts.events.channel_calls import ChannelCall
from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/trade-core"


class OrderEventType(StrEnum):
    PAYMENT_CREATED = "payment.created"
    PAYMENT_PENDING = "payment.pending"
    PAYMENT_UNKNOWN = "payment.unknown"
    PAYMENT_SUCCEEDED = "payment.succeeded"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_CLOSED = "payment.closed"
    PAYMENT_CONFLICTED = "payment.conflicted"
    REFUND_CREATED = "refund.created"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    REFUND_ABNORMAL = "refund.abnormal"
    SPLIT_CREATED = "split.created"
    SPLIT_SUCCEEDED = "split.succeeded"
    SPLIT_FAILED = "split.failed"
    SPLIT_RETURNED = "split.returned"
    ORDER_PAID = "order.paid"
    ORDER_CLOSED = "order.closed"


CALLBACK_TYPES: Final = frozenset(
    {
        OrderEventType.PAYMENT_SUCCEEDED,
        OrderEventType.PAYMENT_FAILED,
        OrderEventType.PAYMENT_CLOSED,
        OrderEventType.PAYMENT_CONFLICTED,
        OrderEventType.REFUND_SUCCEEDED,
        OrderEventType.REFUND_FAILED,
        OrderEventType.REFUND_ABNORMAL,
        OrderEventType.SPLIT_SUCCEEDED,
        OrderEventType.SPLIT_FAILED,
    }
)
"""The events that apps are told by callback and list by `GET /v1/events`."""


class OrderEvent(Data):
    """The whole state after the change, so that readers never have to ask back.

    `payment` is set on payment events, `refund` on refund events, `split` on split events, and none
    of them on order events.
    `notify_url` is the address given with the call; None means the app's own. `call`: the word of
    a channel that made it true; None where it was an app, a person or the clock.
    """

    app_id: str
    merchant_id: str
    order_id: str
    sequence: int
    order: OrderSummary
    payment: PaymentView | None = None
    refund: RefundView | None = None
    split: SplitView | None = None
    notify_url: str | None = None
    call: ChannelCall | None = None


OrderEventRecord = CloudEvent[OrderEvent]
