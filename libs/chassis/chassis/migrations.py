"""Alembic for the services: run at deployment, one at a time, never waiting long for a lock.

A service's `migrations/env.py` is two lines: `from chassis.migrations import run_env` and
`run_env()`. A lock that is not given within 5 s stops the migration instead of the traffic.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import structlog
from alembic import command, context, op
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

log = structlog.get_logger()

ADVISORY_LOCK = 7_207_131
QUEUE_LIMIT = "60s"  # How long a second migrator waits for the first.
LOCK_LIMIT = "5s"


def upgrade(package: str, database_url: str, revision: str = "head") -> None:
    """Bring the database to the newest revision in `<package>/migrations`, or to this one.

    Safe to run in several places at once: the second waits, then finds nothing to do. Blocking,
    with its own event loop: call it from a running one with `asyncio.to_thread`. A schema that this
    code does not know is newer, as when a release is rolled back: it is left as it is.
    """
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.attributes["database_url"] = database_url
    command.upgrade(config, revision)


def execute(script: str) -> None:
    """Run SQL of several statements in a migration, which `op.execute` cannot."""
    _run_raw(lambda raw: raw.execute(script))


def execute_apart(scripts: Sequence[str]) -> None:
    """Run each in a transaction of its own: what one has locked is free again before the next."""

    async def run(raw: asyncpg.Connection) -> None:
        for script in scripts:
            await raw.execute(script)

    with op.get_context().autocommit_block():
        _run_raw(run)


def execute_in_steps(script: str) -> None:
    """Run one statement again and again, each time in a transaction of its own, so that nobody
    waits for a large table. It takes the last key of the step before ("" first) and answers its
    own last key, null when nothing was left."""

    async def steps(raw: asyncpg.Connection) -> None:
        last: str | None = ""
        while last is not None:
            last = await raw.fetchval(script, last)

    with op.get_context().autocommit_block():
        _run_raw(steps)


def create_index_concurrently(name: str, definition: str, *, unique: bool = False) -> None:
    """Make an index while others write; one that was begun before and left invalid is made anew."""

    async def make(raw: asyncpg.Connection) -> None:
        await raw.execute(f"drop index concurrently if exists {name}")
        kind = "unique index" if unique else "index"
        await raw.execute(f"create {kind} concurrently {name} {definition}")

    with op.get_context().autocommit_block():
        _run_raw(make)


def _run_raw(work: Callable[[asyncpg.Connection], Awaitable[object]]) -> None:
    adapted = op.get_bind().connection.dbapi_connection
    assert isinstance(adapted, AsyncAdapt_asyncpg_connection)
    adapted.run_async(work)


def run_env() -> None:
    """The whole `env.py`: connect as `upgrade` was told and run the pending revisions."""
    asyncio.run(_migrate(context.config.attributes["database_url"]))


async def _migrate(database_url: str) -> None:
    async def connect() -> object:
        return await asyncpg.connect(
            database_url, server_settings={"application_name": "migrations"}
        )

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


def _run(connection: Connection) -> None:
    connection.exec_driver_sql(f"set lock_timeout = '{QUEUE_LIMIT}'")
    connection.exec_driver_sql(f"select pg_advisory_lock({ADVISORY_LOCK})")
    connection.exec_driver_sql(f"set lock_timeout = '{LOCK_LIMIT}'")
    connection.commit()  # The session keeps the lock until it is closed.
    context.configure(connection=connection, transaction_per_migration=True)
    unknown = set(context.get_context().get_current_heads()) - _known_revisions()
    if unknown:
        log.info("schema.newer", revision=", ".join(unknown))
        return
    with context.begin_transaction():
        context.run_migrations()


def _known_revisions() -> set[str]:
    return {script.revision for script in context.script.walk_revisions()}
