"""A real PostgreSQL, asked from inside a world whose time is not real.

While a statement runs, the world stands still: the order of statements is the order in which the
simulation makes them. A statement that waits for the lock of another one stays under way, and the
world goes on until that lock is given up. Only one may wait at a time, because who comes first out
of a queue of the server is left to its operating system: the next is called back, and asks anew.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import asyncpg
from tests.simulation.virtual_time import NOON

from chassis.database import Database, Tx

T = TypeVar("T")

CHECK_EVERY_S: Final = 0.003
"""A statement takes so long only if it waits for something; then we look for what."""

UNHURRIED_S: Final = 3600.0
"""For a statement, in real time, which means nothing here."""

CONNECTIONS: Final = 6
"""Made beforehand: most worlds need no more at once."""

SESSION: Final = """
set lock_timeout = 0; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
set plan_cache_mode = force_generic_plan
"""
"""All else is as in production, but that nothing has a limit in real time, and that a plan does not
depend on how often a statement has run before."""


@dataclass(slots=True, eq=False)
class Backend:
    """One connection to the server."""

    connection: Tx
    pid: int


@dataclass(slots=True, eq=False)
class Waiting:
    """A statement that waits for a lock; `settled` is told when it has ended."""

    backend: Backend
    statement: "asyncio.Task[Any]"
    settled: Callable[[], None]


class Server:
    """All connections of a simulation; one statement at a time makes progress."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.SelectorEventLoop()
        self._loop.set_exception_handler(lambda *_: None)
        self._database = self._run(
            Database.connect(
                url,
                application_name="simulation",
                min_size=CONNECTIONS,
                max_size=10 * CONNECTIONS,
                statement_timeout_s=UNHURRIED_S,
            )
        )
        self._taken = AsyncExitStack()
        self._observer, *self._all = [self._connect() for _ in range(CONNECTIONS)]
        self._idle = list(self._all)
        self._in_transaction: set[Backend] = set()
        self._waiting: list[Waiting] = []
        self._queue: list[Callable[[], None]] = []
        self.at_commit: Callable[[], None] = lambda: None
        self.observe(_OPEN_MONTH, NOON.date().replace(day=1))
        self._run(self._keep_still(self._observer.connection))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._taken.aclose())
        self._run(self._database.close())
        self._loop.close()

    def observe(self, query: str, *args: object) -> list[asyncpg.Record]:
        """Look from outside of the simulated world."""
        return self._run(self._observer.connection.fetch(query, *args))

    def empty(self) -> None:
        """As if newly migrated, with all connections idle as in the beginning."""
        assert len(self._idle) == len(self._all), "somebody is still at work"
        self._idle = self._all[::-1]
        self._run(self._empty(self._observer.connection))

    def take(self) -> Backend:
        """An idle connection; the one used last, which has its plans made already."""
        if not self._idle:
            backend = self._connect()
            self._all.append(backend)
            return backend
        return self._idle.pop()

    def give_back(self, backend: Backend) -> None:
        """It has no transaction and no lock any more."""
        self._idle.append(backend)

    def start(self, backend: Backend, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Have a statement run; when this returns it has ended, or waits for a lock."""
        statement = self._loop.create_task(work)
        self._progress(backend, statement)
        return statement

    def when_settled(
        self, backend: Backend, statement: "asyncio.Task[Any]", settled: Callable[[], None]
    ) -> None:
        """Be told when a statement that waits for a lock has ended."""
        self._waiting.append(Waiting(backend, statement, settled))

    def begin_transaction(self, backend: Backend) -> None:
        self._in_transaction.add(backend)
        self._run(backend.connection.execute("begin"))

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits for a lock."""
        return bool(self._waiting)

    def save(self, backend: Backend) -> None:
        """Before a statement that may have to be called back."""
        self._run(backend.connection.execute("savepoint before"))

    def cancel(self, backend: Backend, statement: "asyncio.Task[Any]", *, saved: bool) -> None:
        """Undo a statement that waits; the transaction, if there is one, goes on before it."""
        self.observe("select pg_cancel_backend($1)", backend.pid)
        self._run(asyncio.wait({statement}))
        if saved:
            self._run(backend.connection.execute("rollback to savepoint before"))

    def give_up(self, backend: Backend, statement: "asyncio.Task[Any]") -> None:
        """Whoever asked does not want to know any more, as asyncpg does it with cancelled tasks."""
        self.cancel(backend, statement, saved=False)
        self._settle()

    def when_locks_are_given_up(self, tell: Callable[[], None]) -> None:
        """Be told once; whoever was called back may hold what the one who waits is waiting for."""
        self._queue.append(tell)

    def end_transaction(self, backend: Backend, verb: str) -> None:
        """`commit` or `rollback`; locks are given up, and whoever waited goes on.

        Raises what the commit raises.
        """
        try:
            self._run(backend.connection.execute(verb))
        finally:
            self._in_transaction.discard(backend)
            self._settle()
        self.at_commit()

    def unlock(self, backend: Backend) -> None:
        """Give up what the connection holds for its session."""
        self._run(backend.connection.execute("select pg_advisory_unlock_all()"))

    def _progress(self, backend: Backend, statement: "asyncio.Task[Any]") -> None:
        if not self._in_transaction - {backend}:  # nobody else can hold a lock
            with contextlib.suppress(Exception):
                self._run(statement)
        while not statement.done():
            self._run(asyncio.wait({statement}, timeout=CHECK_EVERY_S))
            if not statement.done() and self._is_blocked(backend):
                return

    def _settle(self) -> None:
        """In the order in which they began to wait, which is the order of the server's queue."""
        for waiting in list(self._waiting):
            self._progress(waiting.backend, waiting.statement)
        for waiting in [each for each in self._waiting if each.statement.done()]:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                waiting.settled()
        queue, self._queue = self._queue, []
        for tell in queue:
            tell()

    def _is_blocked(self, backend: Backend) -> bool:
        ours = {each.pid for each in self._all}
        (row,) = self.observe("select pg_blocking_pids($1) as pids", backend.pid)
        return bool(ours.intersection(row["pids"]))

    def _run(self, work: Awaitable[T]) -> T:
        """Run the server's loop inside the simulation's, which stands still meanwhile."""
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            return self._loop.run_until_complete(work)
        finally:
            asyncio._set_running_loop(outer)

    def _connect(self) -> Backend:
        return self._run(self._connected())

    async def _connected(self) -> Backend:
        connection = await self._taken.enter_async_context(self._database.connection())
        await connection.execute(SESSION)
        return Backend(connection, await connection.fetchval("select pg_backend_pid()"))

    async def _keep_still(self, connection: Tx) -> None:
        """No housekeeping in between: it moves rows and changes plans."""
        for row in await connection.fetch(_TABLES):
            await connection.execute(f"alter table {row['name']} set (autovacuum_enabled = off)")

    async def _empty(self, connection: Tx) -> None:
        """Whatever was written to; the others are empty, and each costs time."""
        await connection.execute(_FROM_THE_START)
        tables = [row["name"] for row in await connection.fetch(_TABLES) if row["is_used"]]
        if not tables:
            return
        async with connection.transaction(), _without_triggers(connection):
            await connection.execute(f"truncate {', '.join(tables)} restart identity cascade")


@asynccontextmanager
async def _without_triggers(connection: Tx) -> AsyncIterator[None]:
    """The ledger cannot be emptied, and rightly so."""
    guarded = [row["name"] for row in await connection.fetch(_GUARDED)]
    for table in guarded:
        await connection.execute(f"alter table {table} disable trigger user")
    yield
    for table in guarded:
        await connection.execute(f"alter table {table} enable trigger user")


# Made beforehand: who comes first to make a table would differ from one world to the next.
_OPEN_MONTH = "select open_archive_month($1, 'O', 'P')"

_TABLES = """
select quote_ident(tablename) as name,
       pg_relation_size(quote_ident(tablename)::regclass) > 0 as is_used
from pg_tables
where schemaname = current_schema and tablename not in (
    'alembic_version', 'ledger_position', 'day_position')
    and quote_ident(tablename)::regclass not in (select partrelid from pg_partitioned_table)
order by tablename
"""

_FROM_THE_START = "update ledger_position set upto = 0; update day_position set upto = 0"

_GUARDED = """
select distinct tgrelid::regclass::text as name from pg_trigger
where not tgisinternal order by name
"""
