"""Events leave with the change that caused them: written in its transaction, published after.

`event_log` keeps every event; `event_pending` names those that Kafka has not confirmed yet;
`event_dead` those that can never be published.
"""

from chassis.outbox.log import (
    SCHEMA,
    LoggedEvent,
    OutboxEvent,
    list_since,
    put,
    republish,
    shard_of,
)
from chassis.outbox.relay import Relay

__all__ = [
    "SCHEMA",
    "LoggedEvent",
    "OutboxEvent",
    "Relay",
    "list_since",
    "put",
    "republish",
    "shard_of",
]
