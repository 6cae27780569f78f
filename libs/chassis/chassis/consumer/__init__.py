"""Reading Kafka in batches: one database transaction per batch, then exactly its offsets."""

from chassis.consumer.group import FAILED, Consumer
from chassis.consumer.membership import leave
from chassis.consumer.patience import FETCH_WAIT_MS, UNHURRIED_WAIT_MS
from chassis.consumer.records import (
    DEAD_BY_VALUE,
    DEAD_SCHEMA,
    DeadRecord,
    Record,
    dead_letter_in,
    record_of,
)

__all__ = [
    "DEAD_BY_VALUE",
    "DEAD_SCHEMA",
    "FAILED",
    "FETCH_WAIT_MS",
    "UNHURRIED_WAIT_MS",
    "Consumer",
    "DeadRecord",
    "Record",
    "dead_letter_in",
    "leave",
    "record_of",
]
