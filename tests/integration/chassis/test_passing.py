"""What says nothing of the data is no poison: each kind as PostgreSQL really raises it."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis.database import Database, is_passing
from chassis.problems import Overloaded

Breaking = Callable[[Database], Awaitable[object]]

SETUP = """
create table t (id int primary key, n bigint check (n < 5));
insert into t values (1, 1), (2, 2);
"""


async def lock_is_held(db: Database) -> None:
    async with db.transaction() as holder, db.transaction() as waiter:
        await holder.execute("update t set n = 2 where id = 1")
        await waiter.execute("set local lock_timeout = '50ms'")
        await waiter.execute("update t set n = 3 where id = 1")


async def statement_takes_too_long(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute("set local statement_timeout = '20ms'")
        await tx.execute("select pg_sleep(1)")


async def two_wait_for_each_other(db: Database) -> None:
    async def change(first: int, second: int, mine: asyncio.Event, other: asyncio.Event) -> None:
        async with db.transaction() as tx:
            await tx.execute("update t set n = n where id = $1", first)
            mine.set()
            await other.wait()
            await tx.execute("update t set n = n where id = $1", second)

    a, b = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as both:
        both.create_task(change(1, 2, a, b))
        both.create_task(change(2, 1, b, a))


async def cannot_be_serialised(db: Database) -> None:
    async with db.transaction() as one, db.connection() as other:
        await one.execute("set transaction isolation level serializable")
        await one.fetch("select sum(n) from t")
        await other.execute("update t set n = 0 where id = 2")
        await one.execute("update t set n = 1 where id = 2")


async def table_is_missing(db: Database) -> None:
    async with db.connection() as tx:
        await tx.execute("select * from missing")


async def column_is_missing(db: Database) -> None:
    async with db.connection() as tx:
        await tx.execute("select missing from t")


async def connection_is_lost(db: Database) -> None:
    async with db.connection() as one, db.connection() as other:
        await other.execute("select pg_terminate_backend($1)", one.get_server_pid())
        await one.execute("select 1")


async def server_is_read_only(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute("set transaction read only")
        await tx.execute("update t set n = 0")


async def pool_is_empty(db: Database) -> None:
    raise Overloaded("The database cannot be reached at the moment.")


@pytest.mark.parametrize(
    "breaking",
    [
        lock_is_held, statement_takes_too_long, two_wait_for_each_other, cannot_be_serialised,
        table_is_missing, column_is_missing, connection_is_lost, server_is_read_only, pool_is_empty,
    ],
)  # fmt: skip
async def test_it_passes(db: Database, breaking: Breaking) -> None:
    async with db.connection() as tx:
        await tx.execute(SETUP)
    with pytest.raises(Exception) as raised:
        await breaking(db)
    assert is_passing(raised.value), repr(raised.value)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("select $1::text", "a\0b"),
        ("select $1::jsonb", {"a": "\0"}),
        ("insert into t values ($1, 1)", 1),
        ("insert into t values (3, $1)", 9),
        ("insert into t values (3, $1)", 2**63),
        ("select (x->>'n')::bigint from (select $1::jsonb as x) j", {"n": 2**64 - 1}),
    ],
    ids=["nul", "nul in json", "known key", "check", "range", "range in json"],
)
async def test_it_is_about_the_data(db: Database, query: str, value: object) -> None:
    async with db.connection() as tx:
        await tx.execute(SETUP)
        with pytest.raises((ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)) as raised:
            await tx.execute(query, value)
    assert not is_passing(raised.value), repr(raised.value)
