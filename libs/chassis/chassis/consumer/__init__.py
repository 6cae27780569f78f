"""Reading Kafka in batches: one database transaction per batch, then exactly its offsets."""

from chassis.consumer.group import FAILED, FETCH_WAIT_MS, Consumer
from chassis.consumer.records import (
    DEAD_SCHEMA,
    DeadRecord,
    Place,
    Record,
    dead_letter_in,
    record_of,
)

__all__ = [
    "DEAD_SCHEMA",
    "FAILED",
    "FETCH_WAIT_MS",
    "Consumer",
    "DeadRecord",
    "Place",
    "Record",
    "dead_letter_in",
    "record_of",
]
