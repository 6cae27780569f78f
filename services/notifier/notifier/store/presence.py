"""Telling the living from the dead: each replica holds a session lock on its number.

When a process dies, however, the database ends its session and with it the lock; everybody sees
at once whose leases may be taken back. A host that vanishes from the network keeps its lock until
the connection times out: then their time is the limit.
"""

import contextlib
from typing import Self

import asyncpg

from chassis.database import UNREACHABLE, Connection, Database

LOCK_CLASS = 0x0C1A  # First half of the advisory lock; the second is the replica's number.


class Presence:
    """This process among the replicas. `replica` stays the same when the connection is renewed."""

    def __init__(self, db: Database, replica: int) -> None:
        self.replica = replica
        self._db = db
        self._connection: Connection | None = None

    @classmethod
    async def enter(cls, db: Database) -> Self:
        """Draw a number and hold it."""
        async with db.connection() as connection:
            presence = cls(db, await connection.fetchval("select nextval('replica')"))
        await presence.hold()
        return presence

    async def hold(self) -> None:
        """Make sure that the lock is held; takes it again where the connection was lost.

        While the database has not noticed the loss, the lost session still holds the lock, and
        for the others we are present. Raises what a database out of reach raises.
        """
        if self._connection is not None:
            try:
                await self._connection.execute("select 1")
                return
            except (asyncpg.PostgresError, *UNREACHABLE):
                await self.leave()
        connection = await self._db.dedicated("presence")
        if await connection.fetchval(_TRY_LOCK, LOCK_CLASS, self.replica):
            self._connection = connection
        else:
            connection.terminate()

    async def leave(self) -> None:
        """Give the number up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(asyncpg.PostgresError, *UNREACHABLE):
                await connection.close(timeout=2)


_TRY_LOCK = "select pg_try_advisory_lock($1, $2)"
