"""What time it is for the database, where a test says so.

Trade-core asks the database what time it is; in tests the question becomes a parameter.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, cast

from chassis.database import Database, Tx

QUESTION: Final = "statement_timestamp()"


def with_time(
    query: str, args: tuple[object, ...], now: datetime
) -> tuple[str, tuple[object, ...]]:
    """The statement with its time, and its arguments."""
    if QUESTION not in query or query.startswith("prepare"):
        return query, args
    return query.replace(QUESTION, f"${len(args) + 1}::timestamptz"), (*args, now)


class TimedDatabase(Database):
    """A database for which it is `now()`."""

    def __init__(self, real: Database, now: Callable[[], datetime]) -> None:
        self._real = real
        self._now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with self._real.transaction() as tx:
            yield cast(Tx, _TimedTx(tx, self._now))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        async with self._real.connection() as tx:
            yield cast(Tx, _TimedTx(tx, self._now))


class _TimedTx:
    def __init__(self, tx: Tx, now: Callable[[], datetime]) -> None:
        self._tx = tx
        self._now = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def execute(self, query: str, *args: object, **more: Any) -> Any:
        query, args = with_time(query, args, self._now())
        return await self._tx.execute(query, *args, **more)

    async def fetch(self, query: str, *args: object, **more: Any) -> Any:
        query, args = with_time(query, args, self._now())
        return await self._tx.fetch(query, *args, **more)

    async def fetchrow(self, query: str, *args: object, **more: Any) -> Any:
        query, args = with_time(query, args, self._now())
        return await self._tx.fetchrow(query, *args, **more)

    async def fetchval(self, query: str, *args: object, **more: Any) -> Any:
        query, args = with_time(query, args, self._now())
        return await self._tx.fetchval(query, *args, **more)
