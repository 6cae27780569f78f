"""Reads that need not be of this very moment go to a read replica, where there is one.

A replica lags: it may have less than the database, and never has anything else. What must not miss
what is committed already asks for `current`; what changes anything never comes here.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from pydantic import SecretStr

from chassis.database import Database, Tx, snapshot_of
from chassis.problems import Overloaded

log = structlog.get_logger()

CATCH_UP_LIMIT_S: Final = 0.2
"""So long a read waits for the replica, before it goes to the database itself."""

CATCH_UP_POLL_S: Final = 0.01
LEFT_ALONE_S: Final = 10.0
"""A replica that cannot be reached is not tried again before."""


@asynccontextmanager
async def opened(
    url: SecretStr | None, service: str, *, max_size: int
) -> AsyncIterator[Database | None]:
    """The replica of a `Reader`, where there is one. It is connected to when it is first read: the
    service starts without it, too."""
    if url is None:
        yield None
        return
    database = await Database.connect(
        url.get_secret_value(), application_name=f"{service}-reads", min_size=0, max_size=max_size
    )
    try:
        yield database
    finally:
        await database.close()


class Reader:
    """Where to read: `replica`, or without one, or while it cannot be reached, `primary`."""

    def __init__(self, primary: Database, replica: Database | None = None) -> None:
        self._primary = primary
        self._replica = replica
        self._away_until = 0.0

    @property
    def has_replica(self) -> bool:
        return self._replica is not None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """For reads that may be some moments old. Raises Overloaded."""
        async with AsyncExitStack() as opened:
            found = await self._reach(opened)
            if found is None:
                found = await opened.enter_async_context(self._primary.connection())
            yield found

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """As `connection`, with all statements of the block reading one and the same state."""
        async with self.connection() as connection, snapshot_of(connection):
            yield connection

    @asynccontextmanager
    async def current(self) -> AsyncIterator[Tx]:
        """For reads that must see all that is committed by now. Raises Overloaded.

        The primary is asked how far its log goes; a replica that has applied as much has each of
        those transactions. One that has not after `CATCH_UP_LIMIT_S` is not read.
        """
        async with AsyncExitStack() as opened:
            found = await self._reach(opened)
            if found is None or not await self._has_caught_up(found):
                found = await opened.enter_async_context(self._primary.connection())
            yield found

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        """As `current`, with all statements of the block reading one and the same state."""
        async with self.current() as connection, snapshot_of(connection):
            yield connection

    async def _reach(self, opened: AsyncExitStack) -> "Tx | None":
        if self._replica is None or time.monotonic() < self._away_until:
            return None
        try:
            return await opened.enter_async_context(self._replica.connection())
        except Overloaded:
            self._away_until = time.monotonic() + LEFT_ALONE_S
            log.warning("replica.away", left_alone_s=LEFT_ALONE_S)
            return None

    async def _has_caught_up(self, replica: Tx) -> bool:
        async with self._primary.connection() as primary:
            written = await primary.fetchval(_WRITTEN)
        give_up_at = time.monotonic() + CATCH_UP_LIMIT_S
        while not await replica.fetchval(_HAS_APPLIED, written):
            if time.monotonic() > give_up_at:
                log.info("replica.behind")
                return False
            await asyncio.sleep(CATCH_UP_POLL_S)
        return True


_WRITTEN = "select pg_current_wal_insert_lsn()::text"

# A statement of its own: the snapshot of the next one is younger than what it tells.
_HAS_APPLIED = """
select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::text::pg_lsn
"""
