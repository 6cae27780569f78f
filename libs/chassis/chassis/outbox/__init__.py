"""Events leave with the change that caused them: written in its transaction, published after.

`event_log` keeps the events for a time; `event_pending` names those that Kafka has not confirmed
yet, `event_dead` those that can never be published.
"""

from chassis.outbox.days import BOUND, DIVISION, Days
from chassis.outbox.days import EVERY_S as DAYS_EVERY_S
from chassis.outbox.log import (
    PENDING_SINCE,
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
from chassis.outbox.newest import place_before
from chassis.outbox.relay import Relay
from chassis.outbox.retention import EVERY_S as FORGET_EVERY_S
from chassis.outbox.retention import Retention, forget

__all__ = [
    "BOUND",
    "DAYS_EVERY_S",
    "DIVISION",
    "FORGET_EVERY_S",
    "PENDING_SINCE",
    "SCHEMA",
    "Days",
    "LoggedEvent",
    "OutboxEvent",
    "PositionForgotten",
    "Relay",
    "Retention",
    "forget",
    "list_pending",
    "list_since",
    "list_topic",
    "place_before",
    "put",
    "republish",
    "shard_of",
]
