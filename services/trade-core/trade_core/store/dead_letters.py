"""Words of channels that cannot be applied: kept with their raw bytes, and people hear of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chassis.consumer import Record
from chassis.database import Tx
from contracts.internal import DeadLetterState
from trade_core.store.concurrency import ConcurrentChange

POISON: Final = (ValueError, asyncpg.PostgresError, ConcurrentChange)
"""What reading or storing an impossible record raises; an unreachable database is no poison."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`error` is that of the last try; `replayed_at` None: not applied yet."""

    id: int
    record: Record
    error: str
    parked_at: datetime
    tries: int
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters people want to see; None does not filter. `key`: the whole of it."""

    key: str | None = None
    state: DeadLetterState | None = None
    kept_from: datetime | None = None
    kept_before: datetime | None = None


async def list_page(tx: Tx, wanted: Wanted, *, before: int, limit: int) -> list[DeadLetter]:
    """The newest first, behind the one with the id `before`."""
    rows = await tx.fetch(
        _PAGE, before, limit, wanted.key, wanted.state, wanted.kept_from, wanted.kept_before
    )
    return [_letter(row) for row in rows]


async def find(tx: Tx, letter_id: int) -> DeadLetter | None:
    row = await tx.fetchrow(_FIND, letter_id)
    return None if row is None else _letter(row)


async def note_try(tx: Tx, letter_id: int, *, error: str | None, at: datetime) -> None:
    """Another try was made: applied (error None), or why not. What was applied meanwhile stays so,
    whatever came of this try."""
    await tx.execute(_NOTE_TRY, letter_id, error, at)


def _letter(row: asyncpg.Record) -> DeadLetter:
    record = Record(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        value=row["value"],
        headers=row["headers"],
        timestamp_ms=0,
    )
    return DeadLetter(
        row["id"], record, row["error"], row["parked_at"], row["tries"], row["replayed_at"]
    )


_PAGE = """
select * from dead_event
where id < $1 and ($3::text is null or key = $3)
  and ($4::text is null or (replayed_at is null) = ($4 = 'open'))
  and ($5::timestamptz is null or parked_at >= $5)
  and ($6::timestamptz is null or parked_at < $6)
order by id desc
limit $2
"""

_FIND = "select * from dead_event where id = $1"

_NOTE_TRY = """
update dead_event
set tries = tries + 1, error = coalesce($2, error),
    replayed_at = case when $2::text is null then $3::timestamptz end
where id = $1 and replayed_at is null
"""
