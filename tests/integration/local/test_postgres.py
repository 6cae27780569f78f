"""The embedded PostgreSQL: whole after a crash, and closed to the roles of other services."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from paymesh_local.failure import CannotRun
from paymesh_local.postgres import Postgres


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[Postgres]:
    server = Postgres(tmp_path / "data", tmp_path / "log", password="it's %secret/", durable=False)
    await server.start()
    yield server
    await server.stop()


async def test_speaks_utf8(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url())
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    assert await connection.fetchval("SELECT upper('物业费 é')") == "物业费 É"
    await connection.close()


async def test_data_outlives_a_killed_server(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url())
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await connection.close()
    assert postgres.process is not None
    postgres.process.send(signal.SIGKILL)
    await postgres.process.wait()

    await postgres.start()

    connection = await asyncpg.connect(postgres.url())
    assert await connection.fetchval("SELECT answer FROM kept") == 42
    await connection.close()


async def test_a_pid_file_that_names_another_process_is_forgotten(
    postgres: Postgres, tmp_path: Path
) -> None:
    await postgres.stop()
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    await postgres.start()

    connection = await asyncpg.connect(postgres.url())
    await connection.close()


async def test_a_server_left_by_a_killed_runner_is_ended_first(
    postgres: Postgres, tmp_path: Path
) -> None:
    successor = Postgres(tmp_path / "data", tmp_path / "log", password="it's %secret/")
    await successor.start()
    assert postgres.process is not None
    assert await postgres.process.wait() == 0
    await successor.stop()


async def test_a_role_owns_its_own_database_only(postgres: Postgres) -> None:
    own = await postgres.ensure_database("trade_core", "a'b")
    await postgres.ensure_database("notifier", "other")

    connection = await asyncpg.connect(own)
    await connection.execute("CREATE TABLE mine (id int)")
    assert await connection.fetchval("SHOW is_superuser") == "off"
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.url("notifier", role="trade_core", password="a'b"))


async def test_ensuring_a_database_twice_changes_the_password_and_keeps_the_data(
    postgres: Postgres,
) -> None:
    connection = await asyncpg.connect(await postgres.ensure_database("trade_core", "first"))
    await connection.execute("CREATE TABLE kept (id int)")
    await connection.close()

    connection = await asyncpg.connect(await postgres.ensure_database("trade_core", "second"))
    assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    await connection.close()


async def test_data_of_another_major_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotRun, match="make clean"):
        await Postgres(tmp_path / "data", tmp_path / "log", password="x").start()
