"""What the other services say becomes the read model that people search."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from chassis import outbox
from chassis.consumer import Consumer, DeadRecord, Record, dead_letter_in
from chassis.outbox import OutboxEvent
from contracts import topics
from contracts.events import alerts
from contracts.events.alerts import Alert, Severity
from contracts.events.configuration import SOURCE
from contracts.events.deliveries import DeliveryEventRecord
from contracts.events.orders import OrderEventRecord
from merchant_admin.flows import read_model
from merchant_admin.flows.deps import Deps

GROUP: Final = "merchant-admin"
REST_S: Final = 0.2
"""People do not see that the search is so much behind; batches are many times larger for it."""


def read_model_consumer(
    deps: Deps,
    *,
    bootstrap: str,
    group: str,
    member_id: str | None,
    session_timeout_ms: int,
    fetch_wait_ms: int,
) -> Consumer[read_model.Event]:
    """The member of the consumer group that keeps the read model."""
    return Consumer(
        bootstrap=bootstrap,
        group=group,
        topics=[topics.ORDER_EVENTS, topics.DELIVERY_EVENTS],
        decode=decode,
        apply=partial(read_model.apply, deps),
        dead_letter=partial(dead_letter, deps),
        healthy=deps.db.is_up,
        member_id=member_id,
        session_timeout_ms=session_timeout_ms,
        fetch_wait_ms=fetch_wait_ms,
        rest_s=REST_S,
    )


def decode(record: Record) -> read_model.Event:
    """Raises ValidationError for what is not an event of its topic."""
    if record.topic == topics.DELIVERY_EVENTS:
        return DeliveryEventRecord.model_validate_json(record.value)
    return OrderEventRecord.model_validate_json(record.value)


async def dead_letter(deps: Deps, records: Sequence[DeadRecord]) -> None:
    """Keep what cannot be read or applied, with its bytes, and tell people."""
    async with deps.db.transaction() as tx:
        await dead_letter_in(tx, records)
        await outbox.put(tx, [_told(parked(dead), deps.clock()) for dead in records])
    deps.wake()


def parked(dead: DeadRecord) -> Alert:
    """What people search lacks an event; it is kept in `dead_event`."""
    return Alert(
        key=f"read_model.parked:{dead.record.topic}",
        severity=Severity.WARNING,
        title="The search of merchant-admin could not use a record",
        detail=dead.error,
        facts={"topic": dead.record.topic, "record": dead.record.key},
    )


def _told(alert: Alert, at: datetime) -> OutboxEvent:
    event = alerts.record(alert, source=SOURCE, at=at)
    return OutboxEvent(
        event_id=event.id,
        topic=topics.ALERTS,
        key=alert.key,
        type=event.type,
        tenant="",
        payload=event.to_bytes(),
    )
