"""The database as a process of the simulation sees it: real, and now and then not there."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, cast

import asyncpg
from tests.database_time import with_time
from tests.simulation.harness import Injected
from tests.simulation.postgres import Server
from tests.simulation.process import Process

from chassis.database import Connection, Database, Tx
from chassis.problems import Overloaded


class ConnectionLost(Injected, asyncpg.ConnectionDoesNotExistError):
    """Whether the last statement took effect, nobody knows."""


class SerializationFailure(Injected, asyncpg.SerializationError):
    """The transaction is gone, and nothing of it happened."""


class SimulatedDatabase(Database):
    """The pool of one process."""

    def __init__(self, process: Process, server: Server) -> None:
        self._process = process
        self._server = server
        self._sessions: dict[Session, None] = {}
        process.at_death.append(self._die)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        async with self._session() as session:
            await session.begin()
            try:
                yield cast(Tx, session)
            except BaseException:
                session.rollback()
                raise
            await session.commit()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        async with self._session() as session:
            yield cast(Tx, session)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        """Each statement by itself: more may happen between them than in truth."""
        async with self.connection() as tx:
            yield tx

    async def dedicated(self, role: str) -> Connection:
        await self._process.step()
        if self._process.harness.happens("database_unreachable"):
            raise ConnectionLost(f"no connection for {role}")
        session = self._open()
        session.at_end.append(session.unlock)
        return cast(Connection, session)

    async def is_up(self) -> bool:
        try:
            async with self.connection() as tx:
                return bool(await tx.fetchval("select true"))
        except (Overloaded, ConnectionLost):
            return False

    async def close(self) -> None:
        self._die()

    @asynccontextmanager
    async def _session(self) -> "AsyncIterator[Session]":
        await self._process.step()
        if self._process.harness.happens("database_unreachable"):
            raise Overloaded("The database cannot be reached at the moment.")
        session = self._open()
        try:
            yield session
        finally:
            session.leave()

    def _open(self) -> "Session":
        session = Session(self._process, self._server)
        self._sessions[session] = None
        session.at_end.append(lambda: self._sessions.pop(session, None))
        return session

    def _die(self) -> None:
        for session in list(self._sessions):
            session.leave()


class Session:
    """A connection with asyncpg's methods, as far as the programs use them.

    Where the process dies in the middle of a statement, the server rolls back what was open, but
    not before the statement has ended: it does not notice earlier.
    """

    def __init__(self, process: Process, server: Server) -> None:
        self._process = process
        self._harness = process.harness
        self._server = server
        self._backend = server.take()
        self.at_end: list[Any] = []
        self._in_transaction = False
        self._is_open = True
        self._statement: asyncio.Task[Any] | None = None

    async def fetch(self, query: str, *args: object, **_: object) -> list[asyncpg.Record]:
        """Rows whose order nobody asked for come in any."""
        rows: list[asyncpg.Record] = await self._ask(
            lambda: self._asyncpg.fetch(*self._timed(query, args))
        )
        if len(rows) < 2 or _has_order(query):
            return rows
        return self._harness.dice.shuffled(sorted(rows, key=repr))

    async def fetchrow(self, query: str, *args: object, **_: object) -> asyncpg.Record | None:
        row: asyncpg.Record | None = await self._ask(
            lambda: self._asyncpg.fetchrow(*self._timed(query, args))
        )
        return row

    async def fetchval(self, query: str, *args: object, **_: object) -> Any:
        return await self._ask(
            lambda: self._asyncpg.fetchval(*self._timed(query, args)), writes=True
        )

    async def execute(self, query: str, *args: object, **_: object) -> str:
        return cast(
            str,
            await self._ask(lambda: self._asyncpg.execute(*self._timed(query, args)), writes=True),
        )

    async def executemany(self, query: str, args: Sequence[Sequence[object]]) -> None:
        await self._ask(lambda: self._asyncpg.executemany(query, args))

    async def add_listener(self, channel: str, callback: object) -> None:
        """Nobody is ever heard: what must not wait has to be found without an announcement."""
        await self._process.step()
        self._require_open()

    async def begin(self) -> None:
        await self._process.step()
        self._require_open()
        self._server.begin_transaction(self._backend)
        self._in_transaction = True

    async def commit(self) -> None:
        """Where it fails or the process dies, it may have happened all the same."""
        await self._process.step()
        self._require_open()
        if self._harness.happens("serialization_failure"):
            self.rollback()
            raise SerializationFailure("could not serialize access")
        if self._harness.happens("commit_unknown"):
            happened = self._harness.dice.happens(0.5)
            self._harness.story.tell(self._process.name, "loses a commit", happened)
            self._end_transaction("commit" if happened else "rollback")
            self.leave()
            raise ConnectionLost("connection was closed in the middle of a commit")
        self._end_transaction("commit")
        self._process.may_die()

    def rollback(self) -> None:
        if self._is_open and self._in_transaction:
            self._end_transaction("rollback")

    async def close(self, **_: object) -> None:
        self.leave()

    def terminate(self) -> None:
        self.leave()

    def leave(self) -> None:
        """Give the connection up; an open transaction is rolled back."""
        if not self._is_open:
            return
        self._is_open = False
        if self._statement is not None and not self._statement.done():
            self._server.when_settled(self._backend, self._statement, self._clear)
            return
        self._clear()

    def unlock(self) -> None:
        """Give up the locks of the session."""
        self._server.unlock(self._backend)

    def _timed(self, query: str, args: tuple[object, ...]) -> tuple[Any, ...]:
        """The database has one clock, whatever those of the replicas show."""
        query, args = with_time(query, args, self._harness.now())
        return query, *args

    @property
    def _asyncpg(self) -> Tx:
        return self._backend.connection

    async def _ask(
        self, work: Callable[[], Coroutine[Any, Any, Any]], *, writes: bool = False
    ) -> Any:
        await self._process.step()
        self._require_open()
        self._perhaps_fail()
        statement = await self._has_run(work)
        if not self._in_transaction:
            self._took_effect(writes)
        return statement.result()

    async def _has_run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> "asyncio.Task[Any]":
        """The statement when it has ended; it may have to wait for whoever holds a lock."""
        while True:
            is_second = self._server.is_waiting
            if is_second and self._in_transaction:
                self._server.save(self._backend)
            statement = self._statement = self._server.start(self._backend, work())
            if statement.done():
                return statement
            self._harness.story.tell(self._process.name, "waits for a lock")
            if not is_second:
                await self._settled(statement)
                return statement
            self._server.cancel(self._backend, statement, saved=self._in_transaction)
            await self._turn()

    async def _settled(self, statement: "asyncio.Task[Any]") -> None:
        ended = asyncio.Event()
        self._server.when_settled(self._backend, statement, ended.set)
        try:
            await ended.wait()
        except asyncio.CancelledError:
            if self._is_open:  # else nobody is there to call it back
                self._server.give_up(self._backend, statement)
            raise

    async def _turn(self) -> None:
        given_up = asyncio.Event()
        self._server.when_locks_are_given_up(given_up.set)
        await given_up.wait()

    def _perhaps_fail(self) -> None:
        if self._harness.happens("connection_lost"):
            self._harness.story.tell(self._process.name, "loses its connection")
            self.leave()
            raise ConnectionLost("connection was closed in the middle of operation")
        if self._in_transaction and self._harness.happens("serialization_failure"):
            self.rollback()
            self.leave()
            raise SerializationFailure("could not serialize access")

    def _took_effect(self, writes: bool) -> None:
        """A statement that commits by itself: also here the answer may be lost."""
        if writes:
            self._server.at_commit()
        self._process.may_die()
        if self._harness.happens("connection_lost"):
            self.leave()
            raise ConnectionLost("connection was closed before the answer")

    def _require_open(self) -> None:
        if not self._is_open:
            raise ConnectionLost("connection is closed")

    def _end_transaction(self, verb: str) -> None:
        self._in_transaction = False
        self._server.end_transaction(self._backend, verb)

    def _clear(self) -> None:
        if self._in_transaction:
            self._end_transaction("rollback")
        for tell in self.at_end:
            tell()
        self._server.at_commit()
        self._server.give_back(self._backend)


@cache
def _has_order(query: str) -> bool:
    """Of the rows that come out; what stands in brackets is about others."""
    outer, brackets = re.subn(r"\([^()]*\)", "", query)
    return _has_order(outer) if brackets else "order by" in outer
