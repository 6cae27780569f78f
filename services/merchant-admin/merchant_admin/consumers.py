"""What the other services say becomes the read model that people search."""

from functools import partial
from typing import Final

from chassis.broker import Broker
from chassis.consumer import UNHURRIED_WAIT_MS, Consumer, Record
from contracts import topics
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
    bootstrap: Broker | str,
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
        dead_letter=partial(read_model.keep_dead_letters, deps),
        healthy=deps.db.is_up,
        member_id=member_id,
        session_timeout_ms=session_timeout_ms,
        fetch_wait_ms=fetch_wait_ms,
        idle_wait_ms=UNHURRIED_WAIT_MS,
        rest_s=REST_S,
    )


def decode(record: Record) -> read_model.Event:
    """Raises ValidationError for what is not an event of its topic."""
    if record.topic == topics.DELIVERY_EVENTS:
        return DeliveryEventRecord.model_validate_json(record.value)
    return OrderEventRecord.model_validate_json(record.value)
