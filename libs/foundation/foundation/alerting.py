"""Alerts on their way to people: as a message for Kafka, or as an event in the outbox."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from chassis.outbox import OutboxEvent
from chassis.producer import Message
from contracts.events import alerts
from contracts.events.alerts import Alert
from contracts.topics import ALERTS

Send: TypeAlias = Callable[[Sequence[Message]], Awaitable[Sequence[bool]]]
"""Publishes to Kafka; answers per message whether it was confirmed."""

Tell: TypeAlias = Callable[[Alert], Awaitable[bool]]
"""Has people told; False where it could not be handed on, and is to be told again."""


def message(alert: Alert, *, source: str, at: datetime) -> Message:
    """Straight to Kafka, where the outbox may be what is wrong."""
    record = alerts.record(alert, source=source, at=at)
    return Message(ALERTS, alert.key, record.to_bytes(), record.headers())


def event(alert: Alert, *, source: str, at: datetime) -> OutboxEvent:
    """Together with the change that it is about."""
    record = alerts.record(alert, source=source, at=at)
    return OutboxEvent(
        event_id=record.id,
        topic=ALERTS,
        key=alert.key,
        type=record.type,
        tenant="",
        payload=record.to_bytes(),
    )


def by_kafka(send: Send, source: str) -> Tell:
    """For the self-watch of a service that has no better way."""

    async def tell(alert: Alert) -> bool:
        return all(await send([message(alert, source=source, at=datetime.now(UTC))]))

    return tell
