"""Words of channels that cannot be applied: kept with their raw bytes, and people hear of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chassis.consumer import Record
from chassis.database import Tx

POISON: Final = (ValueError, asyncpg.PostgresError)
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


async def list_page(tx: Tx, *, before: int, limit: int) -> list[DeadLetter]:
    """The newest first, behind the one with the id `before`."""
    return [_letter(row) for row in await tx.fetch(_PAGE, before, limit)]


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


_PAGE = "select * from dead_event where id < $1 order by id desc limit $2"

_FIND = "select * from dead_event where id = $1"

_NOTE_TRY = """
update dead_event
set tries = tries + 1, error = coalesce($2, error),
    replayed_at = case when $2::text is null then $3::timestamptz end
where id = $1 and replayed_at is null
"""
