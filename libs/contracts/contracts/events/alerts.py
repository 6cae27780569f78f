"""`paymesh.alerts.v1`: what people must hear of; the notifier carries it to them."""

from enum import StrEnum
from typing import Final

from pydantic import Field, JsonValue

from contracts.events.envelope import CloudEvent, Data

ALERT: Final = "alert"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Data):
    """Alerts with the same `key` are one trouble, told once with a count. No secrets in `facts`."""

    key: str
    severity: Severity
    title: str
    detail: str
    merchant_id: str | None = None
    facts: dict[str, JsonValue] = Field(default_factory=dict)


AlertRecord = CloudEvent[Alert]
