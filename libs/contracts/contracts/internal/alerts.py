"""Alerts that Kafka does not take, handed to the notifier by HTTP instead."""

from typing import Annotated, Final

from pydantic import Field

from contracts.events.alerts import AlertRecord
from contracts.internal.message import Message

MAX_ALERTS: Final = 100
MAX_ALERTS_BYTES: Final = 1_048_576


class TakeAlerts(Message):
    """As Kafka would have carried them; the same record may come by Kafka as well."""

    records: Annotated[list[AlertRecord], Field(min_length=1, max_length=MAX_ALERTS)]


class AlertsTaken(Message):
    """All of them are kept; `new` were not known before."""

    new: int
