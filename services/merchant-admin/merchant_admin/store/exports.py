"""Exports that are made in the background, with their files in chunks."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.exports import Export, ExportState
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.store.entity_lists import EntityList, period
from merchant_admin.store.scope import of_several

_COLUMNS = """export_id, username, things, format, search, merchant_ids, state, rows, rows_in_all,
       bytes, created_at, finished_at, takes, language, for_people"""

ADD = """
insert into export (export_id, username, things, format, search, merchant_ids, state, created_at,
                    language, for_people)
values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8::text, $8::text is not null)
"""

LOCK_ASKING = "select pg_advisory_xact_lock(hashtextextended($1, 0))"

COUNT_UNFINISHED = """
select count(*) from export where username = $1 and state in ('waiting', 'running')
"""

LIST: Final = EntityList(
    table="export",
    key="export_id",
    scope=of_several("merchant_ids"),
    conditions={
        "username": "username = {0}",
        "list": "things = {0}",
        "state": "state = {0}",
        **period("created_at"),
    },
)
"""A file of the whole centre, whose merchants are null, is of no smaller scope."""

_UNSAID: Final = "zh"
"""The language of who asked the release before, which wrote down that it is for people alone."""

GET = f"select {_COLUMNS} from export where export_id = $1"  # noqa: S608  # columns of ours

# One at a time is taken, the oldest first; one whose maker is gone is begun anew.
TAKE = f"""
update export set state = 'running', lease_until = $2, takes = takes + 1, rows = 0, bytes = 0,
       rows_in_all = null
 where export_id = (
       select export_id from export
        where state in ('waiting', 'running') and (lease_until is null or lease_until < $1)
        order by export_id limit 1
          for update skip locked)
returning {_COLUMNS}
"""  # noqa: S608  # columns of ours

FORGET_CHUNKS = "delete from export_chunk where export_id = $1"

NOTE_COUNT = "update export set rows_in_all = $3 where export_id = $1 and takes = $2"

ADD_CHUNK = """
with ours as (
    update export set rows = $5, bytes = bytes + length($4::bytea), lease_until = $6
     where export_id = $1 and takes = $2 and state = 'running' returning export_id
)
insert into export_chunk (export_id, place, content)
select export_id, $3::integer, $4::bytea from ours
returning export_id
"""

FINISH = """
update export set state = $3, finished_at = $4, lease_until = null
 where export_id = $1 and takes = $2 and state = 'running'
"""

CHUNK = "select content from export_chunk where export_id = $1 and place = $2"

REMOVE = "delete from export where export_id = $1"

FORGET = "delete from export where created_at < $1"


async def add(tx: Tx, export: Export) -> None:
    await tx.execute(
        ADD,
        export.export_id,
        export.username,
        export.things,
        export.format,
        export.search,
        export.scope.parameter,
        export.created_at,
        export.language,
    )


async def count_unfinished_locked(tx: Tx, username: str) -> int:
    """Nobody else asks for one as this user before the transaction ends."""
    await tx.execute(LOCK_ASKING, f"export {username}")
    return int(await tx.fetchval(COUNT_UNFINISHED, username))


async def list_exports(tx: Tx, asked: ListQuery, *, after: str | None, limit: int) -> list[Export]:
    """The newest first, from behind `after` on."""
    return [_export(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def find(tx: Tx, export_id: str) -> Export | None:
    row = await tx.fetchrow(GET, export_id)
    return _export(row) if row else None


async def take(tx: Tx, now: datetime, lease_until: datetime) -> Export | None:
    """The next to be made, from its beginning; None where nothing waits."""
    row = await tx.fetchrow(TAKE, now, lease_until)
    if row is None:
        return None
    await tx.execute(FORGET_CHUNKS, row["export_id"])
    return _export(row)


async def note_count(tx: Tx, export: Export, rows: int) -> None:
    await tx.execute(NOTE_COUNT, export.export_id, export.takes, rows)


async def add_chunk(
    tx: Tx, export: Export, place: int, content: bytes, *, rows: int, lease_until: datetime
) -> bool:
    """Whether it is still ours to make: it may have been removed, or taken by others, meanwhile."""
    added = await tx.fetchval(
        ADD_CHUNK, export.export_id, export.takes, place, content, rows, lease_until
    )
    return added is not None


async def finish(tx: Tx, export: Export, state: ExportState, now: datetime) -> None:
    """Where it is still ours."""
    await tx.execute(FINISH, export.export_id, export.takes, state, now)


async def find_chunk(tx: Tx, export_id: str, place: int) -> bytes | None:
    content: bytes | None = await tx.fetchval(CHUNK, export_id, place)
    return content


async def remove(tx: Tx, export_id: str) -> None:
    await tx.execute(REMOVE, export_id)


async def forget(tx: Tx, before: datetime) -> None:
    await tx.execute(FORGET, before)


def _export(row: asyncpg.Record) -> Export:
    merchant_ids: Sequence[str] | None = row["merchant_ids"]
    values: dict[str, Any] = {
        field.name: row[field.name] for field in fields(Export) if field.name != "scope"
    }
    values |= {
        "format": FileKind(row["format"]),
        "state": ExportState(row["state"]),
        "language": row["language"] or (_UNSAID if row["for_people"] else None),
        "scope": Scope(None if merchant_ids is None else frozenset(merchant_ids)),
    }
    return Export(**values)
