"""What comes out of Kafka, and where it is kept when it cannot be applied."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord

from chassis.database import Tx

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

MAX_ERROR_CHARS = 2_000

DEAD_SCHEMA = """
create table dead_event (
    topic     text not null,
    partition integer not null,
    "offset"  bigint not null,
    key       text,
    value     bytea not null,
    headers   jsonb not null,
    error     text not null,
    parked_at timestamptz not null default now(),
    primary key (topic, partition, "offset")
)
"""
"""DDL for the migration of a service that dead-letters what it cannot apply."""

DEAD_BY_VALUE = """
alter table dead_event
    add column if not exists value_sha256 bytea not null generated always as (sha256(value)) stored,
    drop constraint dead_event_pkey,
    add primary key (topic, partition, "offset", value_sha256);
comment on column dead_event.value_sha256 is
    'Part of the key: in topics that were made anew offsets begin anew.';
"""
"""DDL for the migration after that one: at one place another record may come, after topics were
made anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record; the value of a tombstone is empty."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    headers: dict[str, str]
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """A record that could not be decoded or applied, and why."""

    record: Record
    error: str


def record_of(raw: ConsumerRecord) -> Record:
    """aiokafka's record as ours; never fails, whatever the bytes are."""
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        key=None if raw.key is None else _text(raw.key.decode(errors="replace")),
        value=raw.value or b"",
        headers={
            _text(name): _text((value or b"").decode(errors="replace"))
            for name, value in raw.headers
        },
        timestamp_ms=raw.timestamp,
    )


def dead(record: Record, error: Exception) -> DeadRecord:
    return DeadRecord(record, repr(error)[:MAX_ERROR_CHARS])


async def dead_letter_in(tx: Tx, records: Sequence[DeadRecord]) -> None:
    """Keep dead records in `dead_event`; one that is there already, by its place and its bytes,
    stays as it is."""
    await tx.executemany(
        """
        insert into dead_event (topic, partition, "offset", key, value, headers, error)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict do nothing
        """,
        [
            (
                dead.record.topic,
                dead.record.partition,
                dead.record.offset,
                dead.record.key,
                dead.record.value,
                dead.record.headers,
                _text(dead.error),
            )
            for dead in records
        ],
    )


def _text(decoded: str) -> str:
    """As a database can keep it: NUL and halves of characters are shown as what cannot be decoded
    is."""
    return decoded if decoded.isprintable() else _UNSTORABLE.sub("\ufffd", decoded)
