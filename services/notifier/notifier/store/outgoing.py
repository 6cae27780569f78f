"""What the notifier itself publishes, as the outbox takes it."""

from datetime import datetime

import orjson

from chassis.outbox import OutboxEvent
from contracts import topics
from contracts.events.deliveries import (
    SOURCE,
    CallbackNumbers,
    DeliveryEvent,
    DeliveryEventRecord,
    DeliveryEventType,
    MadeAttempt,
)
from contracts.identifiers import new_id
from notifier.domain.deliveries import FinishedAttempt, State

KINDS = {
    State.DELIVERED: DeliveryEventType.DELIVERED,
    State.EXHAUSTED: DeliveryEventType.EXHAUSTED,
    State.PENDING: DeliveryEventType.FAILED,
}


def tried(finished: FinishedAttempt, at: datetime, traceparent: str | None) -> OutboxEvent:
    """An attempt was made: the delivery is settled, or will be tried again. `traceparent`: what the
    callback's event came by."""
    event_id = finished.attempt.lease.event_id
    return _delivery_event(
        KINDS[finished.state], finished, at, event_id=event_id, traceparent=traceparent
    )


def suspended(finished: FinishedAttempt, at: datetime) -> OutboxEvent:
    """This try made its endpoint be suspended."""
    return _delivery_event(DeliveryEventType.SUSPENDED, finished, at, event_id=None)


def _delivery_event(
    kind: DeliveryEventType,
    finished: FinishedAttempt,
    at: datetime,
    *,
    event_id: str | None,
    traceparent: str | None = None,
) -> OutboxEvent:
    lease, answer = finished.attempt.lease, finished.attempt.answer
    destination = finished.attempt.destination
    record = DeliveryEventRecord(
        id=new_id("event"),
        source=SOURCE,
        type=kind,
        subject=event_id or lease.app_id,
        time=at,
        traceparent=traceparent,
        data=DeliveryEvent(
            event_id=event_id,
            event_type=lease.type if event_id else None,
            app_id=lease.app_id,
            url=destination.url if destination else "",
            attempts=lease.tries + 1,
            last_status=answer.status if answer else None,
            at=at,
            numbers=_numbers(lease.body) if event_id else None,
            attempt=_made(finished),
        ),
    )
    return OutboxEvent(
        event_id=record.id,
        topic=topics.DELIVERY_EVENTS,
        key=event_id or lease.app_id,
        type=record.type,
        tenant="",
        payload=record.to_bytes(),
    )


def _numbers(body: bytes) -> CallbackNumbers:
    """Of a callback as we made it."""
    return CallbackNumbers.model_validate(orjson.loads(body).get("data") or {})


def _made(finished: FinishedAttempt) -> MadeAttempt | None:
    answer = finished.attempt.answer
    if answer is None:
        return None
    return MadeAttempt(
        at=answer.started_at,
        status=answer.status,
        error=finished.classification.failure,
        latency_ms=answer.latency_ms,
    )
