"""Alerts on their way to people: as a message for Kafka, or as an event in the outbox."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

import structlog

from chassis.outbox import OutboxEvent
from chassis.problems import Problem
from chassis.producer import Message
from chassis.settings import AlertingSettings
from contracts.events import alerts
from contracts.events.alerts import Alert, AlertRecord
from contracts.internal import AlertsTaken, TakeAlerts
from contracts.topics import ALERTS
from foundation.service_client import Service

log = structlog.get_logger()

AWAY_S: Final = 5.0
"""How long Kafka is not asked again after it did not take an alert."""

KAFKA_LIMIT_S: Final = 1.0
"""People are to hear within seconds, also that Kafka is away."""

Send: TypeAlias = Callable[[Sequence[Message]], Awaitable[Sequence[bool]]]
"""Publishes to Kafka; answers per message whether it was confirmed."""

Tell: TypeAlias = Callable[[Alert], Awaitable[bool]]
"""Has people told; False where it could not be handed on, and is to be told again."""


def message(alert: Alert, *, source: str, at: datetime) -> Message:
    """Straight to Kafka, where the outbox may be what is wrong."""
    record = alerts.record(alert, source=source, at=at)
    return Message(ALERTS, alert.key, record.to_bytes(), record.headers())


def event(
    alert: Alert, *, source: str, at: datetime, traceparent: str | None = None
) -> OutboxEvent:
    """Together with the change that it is about, and the trace that made it."""
    record = alerts.record(alert, source=source, at=at, traceparent=traceparent)
    return OutboxEvent(
        event_id=record.id,
        topic=ALERTS,
        key=alert.key,
        type=record.type,
        tenant="",
        payload=record.to_bytes(),
    )


def by_kafka(send: Send, source: str, notifier: Service | None = None) -> Tell:
    """Through Kafka; where that does not take it soon and there is a `notifier`, by HTTP. What
    comes both ways is one alert by its id."""
    return _Carrier(send, source, notifier).tell


class _Carrier:
    def __init__(self, send: Send, source: str, notifier: Service | None) -> None:
        self._send = send
        self._source = source
        self._notifier = notifier
        self._away_until = 0.0

    async def tell(self, alert: Alert) -> bool:
        record = alerts.record(alert, source=self._source, at=datetime.now(UTC))
        if self._notifier is None:
            return await self._publish(record)
        if time.monotonic() >= self._away_until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KAFKA_LIMIT_S):
                    if await self._publish(record):
                        return True
            self._away_until = time.monotonic() + AWAY_S
        return await hand_over(self._notifier, [record])

    async def _publish(self, record: AlertRecord) -> bool:
        key = record.data.key
        return all(await self._send([Message(ALERTS, key, record.to_bytes(), record.headers())]))


def by_http(notifier: Service, source: str) -> Tell:
    """For a service that writes nothing to Kafka."""

    async def tell(alert: Alert) -> bool:
        return await hand_over(
            notifier, [alerts.record(alert, source=source, at=datetime.now(UTC))]
        )

    return tell


def notifier_of(settings: AlertingSettings) -> Service | None:
    """The notifier, where this service was told of it."""
    if settings.notifier_url is None or settings.notifier_token is None:
        return None
    return Service(settings.notifier_url, settings.notifier_token)


async def hand_over(notifier: Service, records: list[AlertRecord]) -> bool:
    """By HTTP; False where the notifier did not take them."""
    try:
        await notifier.post(AlertsTaken, "/internal/alerts", body=TakeAlerts(records=records))
    except Problem as problem:
        log.warning("alert.not_handed_over", reason=problem.detail)
        return False
    return True
