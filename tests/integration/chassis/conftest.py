"""A database with the tables of the chassis, a producer, and a topic of each test's own."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from chassis import consumer, outbox
from chassis.background import Loop
from chassis.database import Database
from chassis.producer import Producer
from paymesh_local import kafka

DEADLINE_S = 40.0

collect_ignore = [] if kafka.missing() is None else ["test_broker_by_tls.py"]
"""The embedded broker knows no TLS."""


@pytest.fixture
async def db(postgres_url: str) -> AsyncIterator[Database]:
    db = await Database.connect(postgres_url, application_name="tests", max_size=5)
    async with db.connection() as connection:
        await connection.execute(outbox.SCHEMA)
        await connection.execute(consumer.DEAD_SCHEMA)
        await connection.execute(consumer.DEAD_BY_VALUE)
    yield db
    await db.close()


@pytest.fixture
async def by_day(db: Database) -> Database:
    """`db` with its event log divided, as the services that have large ones do it."""
    async with db.connection() as connection:
        for script in (*outbox.BOUND, outbox.DIVISION):
            await connection.execute(script)
    return db


@pytest.fixture
async def producer(kafka_bootstrap: str) -> AsyncIterator[Producer]:
    producer = Producer(kafka_bootstrap, "tests")
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
def topic() -> str:
    return f"chassis.{uuid.uuid4().hex}"


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """`await until(lambda: …)`: waits for a condition, with a deadline."""

    async def wait(condition: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < give_up_at, "what was waited for did not happen"
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def running() -> Callable[[Loop], AbstractAsyncContextManager[None]]:
    """`async with running(loop)`: it runs beside the block and is stopped gracefully at its end."""

    @asynccontextmanager
    async def run(loop: Loop) -> AsyncIterator[None]:
        stop = asyncio.Event()

        async def go() -> None:
            await loop(stop)

        async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
            group.create_task(go())
            try:
                yield
            finally:
                stop.set()

    return run
