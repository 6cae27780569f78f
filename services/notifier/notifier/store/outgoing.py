"""What the notifier itself publishes, as the outbox takes it."""

from datetime import datetime

from chassis.outbox import OutboxEvent
from contracts import topics
from contracts.events.deliveries import (
    SOURCE,
    DeliveryEvent,
    DeliveryEventRecord,
    DeliveryEventType,
)
from contracts.identifiers import new_id
from notifier.domain.deliveries import FinishedAttempt, State


def fate(finished: FinishedAttempt, at: datetime) -> OutboxEvent:
    """A delivery was settled."""
    is_delivered = finished.state is State.DELIVERED
    return _delivery_event(
        DeliveryEventType.DELIVERED if is_delivered else DeliveryEventType.EXHAUSTED,
        finished,
        at,
        event_id=finished.attempt.lease.event_id,
    )


def suspended(finished: FinishedAttempt, at: datetime) -> OutboxEvent:
    """This try made its endpoint be suspended."""
    return _delivery_event(DeliveryEventType.SUSPENDED, finished, at, event_id=None)


def _delivery_event(
    kind: DeliveryEventType, finished: FinishedAttempt, at: datetime, *, event_id: str | None
) -> OutboxEvent:
    lease, answer = finished.attempt.lease, finished.attempt.answer
    destination = finished.attempt.destination
    record = DeliveryEventRecord(
        id=new_id("event"),
        source=SOURCE,
        type=kind,
        subject=event_id or lease.app_id,
        time=at,
        data=DeliveryEvent(
            event_id=event_id,
            event_type=lease.type if event_id else None,
            app_id=lease.app_id,
            url=destination.url if destination else "",
            attempts=lease.tries + 1,
            last_status=answer.status if answer else None,
            at=at,
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
