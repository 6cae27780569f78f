"""Events leave with the change that caused them: written in its transaction, published after.

`event_log` keeps the events for a time; `event_pending` names those that Kafka has not confirmed
yet, `event_dead` those that can never be published.
"""

from chassis.outbox.log import (
    SCHEMA,
    LoggedEvent,
    OutboxEvent,
    PositionForgotten,
    list_pending,
    list_since,
    list_topic,
    put,
    republish,
    shard_of,
)
from chassis.outbox.relay import Relay
from chassis.outbox.retention import EVERY_S as FORGET_EVERY_S
from chassis.outbox.retention import Retention, forget

__all__ = [
    "FORGET_EVERY_S",
    "SCHEMA",
    "LoggedEvent",
    "OutboxEvent",
    "PositionForgotten",
    "Relay",
    "Retention",
    "forget",
    "list_pending",
    "list_since",
    "list_topic",
    "put",
    "republish",
    "shard_of",
]
