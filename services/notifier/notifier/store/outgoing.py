"""What the notifier itself publishes, as the outbox takes it."""

from datetime import datetime

from chassis.outbox import OutboxEvent
from contracts import topics
from contracts.events import alerts
from contracts.events.alerts import Alert
from contracts.events.deliveries import (
    SOURCE,
    DeliveryEvent,
    DeliveryEventRecord,
    DeliveryEventType,
)
from contracts.identifiers import new_id
from notifier.domain.deliveries import Outcome, State


def fate(outcome: Outcome, at: datetime) -> OutboxEvent:
    """A delivery was settled."""
    is_delivered = outcome.state is State.DELIVERED
    return _delivery_event(
        DeliveryEventType.DELIVERED if is_delivered else DeliveryEventType.EXHAUSTED,
        outcome,
        at,
        event_id=outcome.tried.claim.event_id,
    )


def suspended(outcome: Outcome, at: datetime) -> OutboxEvent:
    """The try that had this outcome made its lane be suspended."""
    return _delivery_event(DeliveryEventType.SUSPENDED, outcome, at, event_id=None)


def alert(told: Alert, at: datetime) -> OutboxEvent:
    """For people. It comes back to us by Kafka, as everybody's alerts do."""
    record = alerts.record(told, source=SOURCE, at=at)
    return OutboxEvent(
        event_id=record.id,
        topic=topics.ALERTS,
        key=told.key,
        type=record.type,
        tenant="",
        payload=record.to_bytes(),
    )


def _delivery_event(
    kind: DeliveryEventType, outcome: Outcome, at: datetime, *, event_id: str | None
) -> OutboxEvent:
    claim, answer = outcome.tried.claim, outcome.tried.answer
    destination = outcome.tried.destination
    record = DeliveryEventRecord(
        id=new_id("event"),
        source=SOURCE,
        type=kind,
        subject=event_id or claim.app_id,
        time=at,
        data=DeliveryEvent(
            event_id=event_id,
            event_type=claim.type if event_id else None,
            app_id=claim.app_id,
            url=destination.url if destination else "",
            attempts=claim.tries + 1,
            last_status=answer.status if answer else None,
            at=at,
        ),
    )
    return OutboxEvent(
        event_id=record.id,
        topic=topics.DELIVERY_EVENTS,
        key=event_id or claim.app_id,
        type=record.type,
        tenant="",
        payload=record.to_bytes(),
    )
