"""One asyncpg pool per service, with limits on everything that could wait for ever."""

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeAlias, TypeVar

import asyncpg
import asyncpg.pool
import orjson
import structlog
from prometheus_client import Gauge

from chassis.problems import Overloaded

log = structlog.get_logger()

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Tx: TypeAlias = "Connection | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A connection inside a transaction (or, from `Database.connection`, one that commits by itself).

jsonb columns are read as and written from Python values.
"""

T = TypeVar("T")

STARTUP_LIMIT_S = 30.0  # A database that starts together with the service is waited for this long.
ACQUIRE_LIMIT_S = 5.0  # Longer than this for a free connection means overload, not patience.
CONNECT_LIMIT_S = 5.0
LOST = (
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's last words came while the connection was idle
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""What is raised when the connection, not the statement, is the trouble."""

UNREACHABLE = (OSError, *LOST)
"""The same while one connects, whatever the operating system says then."""

AWAY = (
    *UNREACHABLE,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientResourcesError,  # its disk or its memory is full
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is about to be the primary
)
"""The same, and what waited too long for others, or for a migration or a person: to be tried again
by whoever asked."""

HINDERED = (
    *LOST,
    Overloaded,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.TransactionRollbackError,  # serialisation failures, deadlocks
)
"""What a loop may meet now and then that is in order: an outage, or others that were first."""

NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)

PASSING = (
    *AWAY,
    Overloaded,
    asyncpg.TransactionRollbackError,  # serialisation failures, deadlocks
    asyncpg.SyntaxOrAccessError,  # a table, column or right that is not there (yet)
    asyncpg.InvalidTransactionStateError,  # a server that is read-only for now
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalServerError,
)
"""What says nothing of the data: whatever was tried is tried again, however often."""


def is_passing(error: BaseException) -> bool:
    """Whether the same work may succeed later; of several errors at once, if one of them may."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_passing(one) for one in error.exceptions)
    return isinstance(error, PASSING)


def is_hindered(error: BaseException) -> bool:
    """Whether all was right but the moment; of several errors at once, if all of them say so."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_hindered(one) for one in error.exceptions)
    return isinstance(error, HINDERED) or (isinstance(error, OSError) and error.errno in NO_ROUTE)


CONNECTIONS = Gauge(
    "paymesh_database_connections", "Of each pool, by what they do", ["pool", "state"]
)
WAITING = Gauge(
    "paymesh_database_waiting", "Callers that wait for a connection of the pool", ["pool"]
)

IS_READ_ONLY: Final = "select current_setting('transaction_read_only')::bool"
"""A primary that was demoted, or that somebody shut because its disk is nearly full."""


def snapshot_of(connection: Tx) -> AbstractAsyncContextManager[object]:
    """A transaction whose statements all read one and the same state, and write nothing."""
    return connection.transaction(isolation="repeatable_read", readonly=True)


class Database:
    """The pool. Survives a restart of the database: broken connections are replaced."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", url: str, server_settings: dict[str, str]
    ) -> None:
        self._pool = pool
        self._url = url
        self._server_settings = server_settings
        self._waiting = 0
        name = server_settings["application_name"]
        WAITING.labels(name).set_function(lambda: self._waiting)
        CONNECTIONS.labels(name, "idle").set_function(pool.get_idle_size)
        in_use = CONNECTIONS.labels(name, "in_use")
        in_use.set_function(lambda: pool.get_size() - pool.get_idle_size())

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        application_name: str,
        min_size: int = 2,
        max_size: int = 10,
        statement_timeout_s: float = 10,
    ) -> "Database":
        """Connect; a database that is still starting is waited for, at most `STARTUP_LIMIT_S`."""
        server_settings = {
            "application_name": application_name,
            "statement_timeout": f"{statement_timeout_s * 1000:.0f}",
            "lock_timeout": "5s",
            "idle_in_transaction_session_timeout": "30s",
            "jit": "off",
            # A plan that was made when a table was young must not scan it when it is old.
            "enable_seqscan": "off",
        }

        async def create() -> "asyncpg.Pool[asyncpg.Record]":
            return await asyncpg.create_pool(
                url,
                min_size=min_size,
                max_size=max_size,
                timeout=CONNECT_LIMIT_S,
                command_timeout=statement_timeout_s + 5,
                server_settings=server_settings,
                init=_prepare,
                reset=_keep_session,
            )

        return cls(await _when_started(create), url, server_settings)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """One transaction, committed before the block is left; a failed COMMIT raises here.

        Raises Overloaded when no connection can be had.
        """
        async with self.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """A connection on which each statement commits by itself: reads, and one-statement writes.

        Raises Overloaded when no connection can be had.
        """
        self._waiting += 1
        try:
            async with asyncio.timeout(ACQUIRE_LIMIT_S):  # the pool's own makes a task each time
                connection = await self._pool.acquire()
        except UNREACHABLE as error:
            raise Overloaded("The database cannot be reached at the moment.") from error
        finally:
            self._waiting -= 1
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Tx]:
        """As `connection`, for reads: all statements of the block see one and the same state."""
        async with self.connection() as connection, snapshot_of(connection):
            yield connection

    async def dedicated(self, role: str) -> Connection:
        """A connection of its own outside the pool, for session locks. The caller closes it.

        A partner that vanished without a word is noticed within about 25 s. Raises Overloaded when
        no connection can be had.
        """
        settings = self._server_settings | {
            "application_name": f"{self._server_settings['application_name']}:{role}",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        }
        try:
            connection = await asyncpg.connect(
                self._url, timeout=CONNECT_LIMIT_S, command_timeout=15, server_settings=settings
            )
        except UNREACHABLE as error:
            raise Overloaded("The database cannot be reached at the moment.") from error
        await _prepare(connection)
        return connection

    async def is_up(self) -> bool:
        """Whether the database answers now, within 2 s, and takes what is written."""
        return await self.ready() is True

    async def ready(self) -> bool | str:
        """The same for readiness: in words where it answers, and takes nothing."""
        try:
            async with asyncio.timeout(2), self.connection() as connection:
                is_read_only = await connection.fetchval(IS_READ_ONLY)
        except (Overloaded, asyncpg.PostgresError, *UNREACHABLE):
            return False
        return "is read-only" if is_read_only else True

    async def close(self) -> None:
        """Close after what is running has finished; what takes longer than 5 s is cut off."""
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


async def _when_started(create: Callable[[], Awaitable[T]]) -> T:
    give_up_at = time.monotonic() + STARTUP_LIMIT_S
    while True:
        try:
            return await create()
        except UNREACHABLE as error:
            if time.monotonic() > give_up_at:
                raise
            log.info("database.waiting", reason=type(error).__name__)
            await asyncio.sleep(0.5)


async def _prepare(connection: Connection) -> None:
    # jsonb's binary form is one version byte (1) and the text.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


async def _keep_session(_: Tx) -> None:
    # Pooled connections carry no session state, so asyncpg's RESET round trip is saved.
    return None
