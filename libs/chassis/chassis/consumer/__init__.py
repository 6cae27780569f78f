"""Reading Kafka in batches: one database transaction per batch, then exactly its offsets."""

from chassis.consumer.group import Consumer
from chassis.consumer.membership import leave
from chassis.consumer.records import DEAD_SCHEMA, DeadRecord, Record, park_in, record_of

__all__ = ["DEAD_SCHEMA", "Consumer", "DeadRecord", "Record", "leave", "park_in", "record_of"]
