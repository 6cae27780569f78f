"""A database for each test, fully migrated, and of that test alone.

PostgreSQL makes one by copying its own catalogs, which costs more than most tests. So one that a
test leaves as it was, but for rows, is emptied and given to another under a new name: who still
knows the old name finds nothing there. Any other is dropped.
"""

import io
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

GROWTH_LIMIT: Final = 4 * 1024 * 1024
"""In bytes; what is larger takes longer to empty than to make."""


@dataclass(frozen=True, slots=True)
class AsMade:
    """What a fresh database is like; `rows`: as COPY writes them, of the tables that have any."""

    shape: str
    size: int
    rows: dict[str, bytes]


class Databases:
    """`prefix` begins the names of all databases of this run."""

    def __init__(self, server_url: str, prefix: str) -> None:
        self.server_url = server_url
        self._prefix = prefix
        self._idle: dict[str, list[str]] = defaultdict(list)
        self._as_made: dict[str, AsMade] = {}

    @asynccontextmanager
    async def like(self, template: str) -> AsyncIterator[str]:
        """The URL of a database as the template is."""
        name = f"{self._prefix}_{uuid4().hex}"
        async with connected(self.server_url) as admin:
            if self._idle[template]:
                used = self._idle[template].pop()
                await admin.execute(f'ALTER DATABASE "{used}" RENAME TO "{name}"')
            else:
                await admin.execute(
                    f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
                )
                if template not in self._as_made:
                    self._as_made[template] = await self._seen(name)
            try:
                yield self.url_of(name)
            finally:
                await admin.execute(_END_SESSIONS, name)
                if await self._emptied(template, name):
                    self._idle[template].append(name)
                else:
                    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url_of(self, name: str) -> str:
        return urlsplit(self.server_url)._replace(path=f"/{name}").geturl()

    async def _seen(self, name: str) -> AsMade:
        async with connected(self.url_of(name)) as database:
            rows = {}
            for filled in await database.fetch(_FILLED):
                copy = io.BytesIO()
                await database.copy_from_table(filled["relname"], output=copy)
                rows[filled["relname"]] = copy.getvalue()
            shape, size = await _shape_of(database)
            return AsMade(shape, size, rows)

    async def _emptied(self, template: str, name: str) -> bool:
        """False where more than rows has changed, or very many."""
        made = self._as_made[template]
        async with connected(self.url_of(name)) as database:
            shape, size = await _shape_of(database)
            if shape != made.shape or size > made.size + GROWTH_LIMIT:
                return False
            async with database.transaction():
                await database.execute(_EMPTY)
                for table, rows in made.rows.items():
                    await database.copy_to_table(table, source=io.BytesIO(rows))
        return True


async def _shape_of(database: asyncpg.Connection) -> tuple[str, int]:
    """The second is the size in bytes."""
    (row,) = await database.fetch(_SHAPE)
    return row["shape"], row["size"]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


_END_SESSIONS: Final = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1
"""

_FILLED: Final = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""

_SHAPE: Final = """
SELECT format('%s %s', string_agg(format('%s %s', n, youngest), ' '), (
    SELECT count(*) FROM pg_class WHERE reltuples > 0 AND relnamespace = 'public'::regnamespace
)) AS shape, pg_database_size(current_database()) AS size
FROM (
    SELECT count(*) AS n, max(xmin::text::bigint) AS youngest FROM pg_class
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_attribute
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_attrdef
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_constraint
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_index
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_trigger
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_proc
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_type
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_namespace
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_extension
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_db_role_setting
    UNION ALL SELECT count(*), max(xmin::text::bigint) FROM pg_statistic
)
"""
"""How many rows each catalog has, and which transaction wrote the youngest; and how many tables a
vacuum has counted, which it writes in place, and which plans would be made by."""

_EMPTY: Final = """
DO $do$
DECLARE
    filled regclass;
    used record;
BEGIN
    SET LOCAL session_replication_role = replica;  -- Also what nobody may delete.
    FOR filled IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
    LOOP
        EXECUTE format('DELETE FROM ONLY %s', filled);
    END LOOP;
    FOR used IN SELECT sequencename, start_value FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        PERFORM setval(quote_ident(used.sequencename)::regclass, used.start_value, false);
    END LOOP;
    PERFORM pg_stat_reset();
END $do$
"""
