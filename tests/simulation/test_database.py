"""The simulated database: real locks, and what a killed process leaves behind."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from tests.simulation.database import ConnectionLost, SimulatedDatabase
from tests.simulation.faults import CALM, Faults
from tests.simulation.harness import Harness
from tests.simulation.postgres import Server
from tests.simulation.process import Process, task_factory
from tests.simulation.virtual_time import NOON, VirtualLoop

INSERT = "insert into due_work (subject, account, due_at, attempt) values ($1, '', $2, 0)"
UPDATE = "update due_work set attempt = attempt + $1"


@contextmanager
def new_harness(server: Server) -> Iterator[Harness]:
    server.empty()
    loop = VirtualLoop()
    loop.set_task_factory(task_factory())
    yield Harness(1, loop, CALM)
    loop.close()


@pytest.fixture
def harness(server: Server) -> Iterator[Harness]:
    with new_harness(server) as harness:
        yield harness


def run(harness: Harness, *works: Coroutine[Any, Any, None]) -> None:
    async def together() -> None:
        await asyncio.gather(*works)

    harness.loop.run_until_complete(together())


def attempts(server: Server) -> list[int]:
    return [row["attempt"] for row in server.observe("select attempt from due_work")]


async def write(database: SimulatedDatabase, *, stays_s: float = 0) -> None:
    async with database.transaction() as tx:
        await tx.execute(UPDATE, 1)
        await asyncio.sleep(stays_s)


async def prepare(database: SimulatedDatabase, *subjects: str) -> None:
    async with database.connection() as tx:
        for subject in subjects or ["P1"]:
            await tx.execute(INSERT, subject, NOON + timedelta(hours=1))


def test_writers_of_one_row_wait_for_each_other(harness: Harness, server: Server) -> None:
    databases = [SimulatedDatabase(Process(harness, f"core-{n}"), server) for n in range(3)]
    run(harness, prepare(databases[0]))
    run(harness, *(write(database, stays_s=10) for database in databases))
    assert attempts(server) == [3]
    assert harness.loop.time() > 30


def test_a_killed_process_leaves_no_trace_of_its_transaction(
    harness: Harness, server: Server
) -> None:
    process = Process(harness, "core")
    database = SimulatedDatabase(process, server)
    run(harness, prepare(database))
    writing = process.start(write(database, stays_s=10))

    async def kill() -> None:
        await asyncio.sleep(5)
        process.kill()
        await asyncio.wait({writing})

    run(harness, kill())
    assert attempts(server) == [0]
    run(harness, write(SimulatedDatabase(Process(harness, "core again"), server)))
    assert attempts(server) == [1]


def test_a_lost_commit_may_have_happened(harness: Harness, server: Server) -> None:
    database = SimulatedDatabase(Process(harness, "core"), server)
    run(harness, prepare(database))
    harness.faults = Faults(commit_unknown=1)
    seen = set()
    for _ in range(20):
        before = attempts(server)
        with pytest.raises(ConnectionLost):
            run(harness, write(database))
        seen.add(attempts(server) == before)
    assert seen == {True, False}


def test_rows_in_no_order_come_as_the_seed_has_it(server: Server) -> None:
    subjects = ["P1", "P2", "P3", "P4", "P5"]
    read = [as_read(server, inserted) for inserted in (subjects, subjects[::-1])]
    assert read[0] == read[1] != subjects
    assert sorted(read[0]) == subjects


def as_read(server: Server, subjects: list[str]) -> list[str]:
    """In a new world, by a query that asks for no order."""
    read: list[str] = []
    with new_harness(server) as harness:
        database = SimulatedDatabase(Process(harness, "core"), server)
        run(harness, prepare(database, *subjects))

        async def next_check() -> None:
            async with database.connection() as tx:
                rows = await tx.fetch("select subject from due_work")
            read.extend(row["subject"] for row in rows)

        run(harness, next_check())
    return read
