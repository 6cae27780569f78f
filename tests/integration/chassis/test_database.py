"""The pool commits before the answer, keeps its limits, and outlives the database's connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from chassis.database import Database
from chassis.problems import Overloaded
from chassis.web import create_app


@asynccontextmanager
async def no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


async def test_a_commit_that_fails_is_a_5xx(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute("create table parent (id int primary key)")
        await connection.execute(
            "create table child (parent int references parent deferrable initially deferred)"
        )
    app = create_app(service="test", lifespan=no_lifespan)

    @app.post("/children", status_code=201)
    async def add() -> dict[str, bool]:
        async with db.transaction() as tx:
            await tx.execute("insert into child values (1)")
        return {"created": True}

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post("/children")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"


async def test_an_error_rolls_back(db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as tx:
            await tx.execute("create table t (id int)")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with db.connection() as connection:
        assert await connection.fetchval("select to_regclass('t')") is None


async def test_jsonb_is_read_as_it_was_written(db: Database) -> None:
    value = {"名": ["ü", 1, None, True, {"a": 2.5}], "empty": {}}
    async with db.connection() as connection:
        assert await connection.fetchval("select $1::jsonb", value) == value
        assert await connection.fetchval("select '{\"a\": 1}'::jsonb") == {"a": 1}
        rows = await connection.fetch("select * from unnest($1::jsonb[]) as j", [value, {}])
    assert [row["j"] for row in rows] == [value, {}]


async def test_every_wait_has_a_limit(db: Database) -> None:
    async with db.connection() as connection:
        limits = {
            name: await connection.fetchval(f"show {name}")
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        }

    assert limits == {
        "statement_timeout": "10s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "30s",
    }


async def test_broken_connections_are_replaced(db: Database, postgres_url: str) -> None:
    killer = await asyncpg.connect(postgres_url)
    await killer.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    await killer.close()
    async with asyncio.timeout(10):
        while not await db.is_up():
            pass

    async with db.connection() as connection:
        assert await connection.fetchval("select 1") == 1


async def test_a_database_that_is_away_is_overload_not_a_crash(postgres_url: str) -> None:
    db = await Database.connect(postgres_url, application_name="tests", min_size=1, max_size=1)
    async with db.connection():
        assert await db.is_up() is False  # the only connection is taken
    assert await db.is_up() is True
    await db.close()

    with pytest.raises(Overloaded):
        async with db.transaction():
            pass
    assert await db.is_up() is False


async def test_a_database_that_takes_nothing_is_not_ready(db: Database, postgres_url: str) -> None:
    name = urlsplit(postgres_url).path.lstrip("/")
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'alter database "{name}" set default_transaction_read_only = on')
    shut = await Database.connect(postgres_url, application_name="tests", min_size=1, max_size=1)
    assert (await shut.ready(), await shut.is_up()) == ("is read-only", False)

    await admin.execute("set default_transaction_read_only = off")
    await admin.execute(f'alter database "{name}" reset default_transaction_read_only')
    opened = await Database.connect(postgres_url, application_name="tests", min_size=1, max_size=1)
    assert (await opened.ready(), await opened.is_up()) == (True, True)
    for each in (shut, opened, admin):
        await each.close()


async def test_a_failure_of_the_block_is_not_taken_for_a_missing_connection(db: Database) -> None:
    with pytest.raises(ConnectionResetError):
        async with db.connection():
            raise ConnectionResetError
