"""Alerts that Kafka does not take, handed to the notifier by HTTP instead; and alerts as the
notifier keeps them, for people who look at them and acknowledge them."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

from contracts.events.alerts import AlertRecord, Severity
from contracts.internal.message import Message
from contracts.moments import Moment

MAX_ALERTS: Final = 100
MAX_ALERTS_BYTES: Final = 1_048_576


class TakeAlerts(Message):
    """As Kafka would have carried them; the same record may come by Kafka as well."""

    records: Annotated[list[AlertRecord], Field(min_length=1, max_length=MAX_ALERTS)]


class AlertsTaken(Message):
    """All of them are kept; `new` were not known before."""

    new: int


class AlertScope(Message):
    """Whose alerts: those that name one of these merchants, and those of one of these apps that
    name none. Both None: all."""

    merchant_ids: list[str] | None = None
    app_ids: list[str] | None = None


AlertState = Literal["open", "acknowledged"]


class FindAlerts(Message):
    """Alerts with one key are one, raised `total` times. `kind`: how its key begins. `raised_from`
    is included, `raised_before` is not; both are of the last time. What is None does not filter."""

    scope: AlertScope = AlertScope()
    merchant_id: str | None = None
    key: str | None = None
    kind: str | None = None
    severity: Severity | None = None
    state: AlertState | None = None
    raised_from: Moment | None = None
    raised_before: Moment | None = None
    after: Annotated[str, Field(max_length=512)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class AlertOnFile(Message):
    """`acknowledged_by` None: nobody has taken it up. One that was quiet for a day and is raised
    again, or has become worse, is to be acknowledged anew."""

    key: str
    severity: Severity
    title: str
    detail: str
    merchant_id: str | None
    facts: dict[str, JsonValue]
    first_at: datetime
    last_at: datetime
    total: int
    acknowledged_by: str | None
    acknowledged_at: datetime | None


class AlertPage(Message):
    """The latest first; `next_cursor` is where the next call goes on; null at the end."""

    items: list[AlertOnFile]
    next_cursor: str | None


class AcknowledgeAlert(Message):
    """`first_at` and `severity`: of the alert as `by` saw it. Acknowledged again it stays with the
    first; where it is another one by now, the answer is not acknowledged."""

    scope: AlertScope = AlertScope()
    key: str
    first_at: Moment
    severity: Severity
    by: str
