"""What the other services say becomes the read model that people search."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from chassis.consumer import Consumer, DeadRecord, Record, park_in
from contracts import topics
from contracts.events.deliveries import DeliveryEventRecord
from contracts.events.orders import OrderEventRecord
from merchant_admin.flows import read_model
from merchant_admin.flows.deps import Deps

GROUP: Final = "merchant-admin"


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
        park=partial(_park, deps),
        healthy=deps.db.is_up,
        member_id=member_id,
        session_timeout_ms=session_timeout_ms,
        fetch_wait_ms=fetch_wait_ms,
    )


def decode(record: Record) -> read_model.Event:
    """Raises ValidationError for what is not an event of its topic."""
    if record.topic == topics.DELIVERY_EVENTS:
        return DeliveryEventRecord.model_validate_json(record.value)
    return OrderEventRecord.model_validate_json(record.value)


async def _park(deps: Deps, records: Sequence[DeadRecord]) -> None:
    async with deps.db.transaction() as tx:
        await park_in(tx, records)
