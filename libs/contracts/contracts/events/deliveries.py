"""`paymesh.delivery-events.v1`: how the callbacks fared, from the notifier."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/notifier"


class DeliveryEventType(StrEnum):
    DELIVERED = "delivery.delivered"
    EXHAUSTED = "delivery.exhausted"
    SUSPENDED = "endpoint.suspended"


class DeliveryEvent(Data):
    """`event_id` is None on `endpoint.suspended`."""

    event_id: str | None
    event_type: str | None
    app_id: str
    url: str
    attempts: int
    last_status: int | None
    at: datetime


DeliveryEventRecord = CloudEvent[DeliveryEvent]
