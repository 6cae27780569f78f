"""`paymesh.delivery-events.v1`: how the callbacks fared, from the notifier."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/notifier"


class DeliveryEventType(StrEnum):
    """FAILED: one attempt did, and another will be made."""

    DELIVERED = "delivery.delivered"
    FAILED = "delivery.failed"
    EXHAUSTED = "delivery.exhausted"
    SUSPENDED = "endpoint.suspended"


class CallbackNumbers(Data):
    """Whom and what the callback is about; None where it is about no such thing, as a ping."""

    merchant_id: str | None = None
    merchant_order_no: str | None = None
    payment_no: str | None = None
    channel_trade_no: str | None = None
    refund_no: str | None = None
    split_no: str | None = None


class MadeAttempt(Data):
    """`status` is the HTTP status, None where none came; `error` the class of what went wrong,
    None where the app took the callback."""

    at: datetime
    status: int | None
    error: str | None
    latency_ms: int


class DeliveryEvent(Data):
    """`event_id` is None on `endpoint.suspended`. `attempt`: the one that is told of, from the
    first on, whatever came of it; None where nothing could be sent. `numbers` and `attempt` are
    None from a notifier of a release before."""

    event_id: str | None
    event_type: str | None
    app_id: str
    url: str
    attempts: int
    last_status: int | None
    at: datetime
    numbers: CallbackNumbers | None = None
    attempt: MadeAttempt | None = None


DeliveryEventRecord = CloudEvent[DeliveryEvent]
