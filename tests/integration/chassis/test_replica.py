"""A real hot standby that lags: old reads go there, and those that may miss nothing do not."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from chassis import outbox
from chassis.database import Database
from chassis.outbox import OutboxEvent, list_since
from chassis.replica import Reader
from paymesh_local import processes, unprivileged
from paymesh_local.postgres import Postgres, binaries
from paymesh_local.processes import Program

PASSWORD = "replicated"


@dataclass(frozen=True, slots=True)
class Pair:
    primary: Database
    standby: Database
    steering: asyncpg.Connection

    async def write(self, number: int) -> None:
        event = OutboxEvent(
            event_id=f"E{number}", topic="t", key="k", type="x", tenant="A1",
            payload=str(number).encode(),
        )  # fmt: skip
        async with self.primary.transaction() as tx:
            await outbox.put(tx, [event])

    async def pause(self) -> None:
        """What the primary writes from now on is received and not applied."""
        await self.steering.execute("select pg_wal_replay_pause()")
        is_paused = "select pg_get_wal_replay_pause_state() = 'paused' from pg_sleep(0.01)"
        while not await self.steering.fetchval(is_paused):
            pass


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    log = tmp_path / "postgres.log"
    primary = Postgres(tmp_path / "primary", log, password=PASSWORD)
    await primary.start()
    try:
        copy = tmp_path / f"standby-{uuid.uuid4().hex}"
        copy.mkdir(mode=0o700)
        unprivileged.hand_over([copy])
        program = binaries() / "pg_basebackup"
        command = (
            *unprivileged.prefix(copy, program), str(program), "-d", primary.url(), "-D",
            str(copy), "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        await processes.run(Program("pg_basebackup", command, log))
        standby = Postgres(copy, log, password=PASSWORD)
        await standby.start()
        try:
            async with connected(primary, standby) as both:
                yield both
        finally:
            await standby.stop()
    finally:
        await primary.stop()


@asynccontextmanager
async def connected(primary: Postgres, standby: Postgres) -> AsyncIterator[Pair]:
    first = await Database.connect(primary.url(), application_name="first")
    second = await Database.connect(standby.url(), application_name="second", min_size=0)
    steering = await asyncpg.connect(standby.url())
    async with first.connection() as tx:
        for script in (outbox.SCHEMA, *outbox.BOUND, outbox.DIVISION):
            await tx.execute(script)
    try:
        yield Pair(first, second, steering)
    finally:
        await steering.close()
        await second.close()
        await first.close()


async def is_standby(reader: Reader) -> bool:
    async with reader.connection() as tx:
        return bool(await tx.fetchval("select pg_is_in_recovery()"))


async def numbers(pair: Pair, reader: Reader, after: int) -> tuple[list[int], int]:
    page = await list_since(pair.primary, "A1", after, 100, reader=reader)
    return [int(one.event.payload) for one in page], page[-1].position if page else after


async def test_a_cursor_of_events_skips_nothing_whatever_the_replica_lags(pair: Pair) -> None:
    reader = Reader(pair.primary, pair.standby)
    await pair.write(1)
    first, cursor = await numbers(pair, reader, 0)
    assert first == [1]
    assert await is_standby(reader)

    await pair.pause()
    await pair.write(2)
    async with reader.connection() as tx:
        assert await tx.fetchval("select count(*) from event_log") == 1
    async with reader.current() as tx:
        assert await tx.fetchval("select count(*) from event_log") == 2
        assert not await tx.fetchval("select pg_is_in_recovery()")
    second, cursor = await numbers(pair, reader, cursor)
    assert second == [2]

    await pair.steering.execute("select pg_wal_replay_resume()")
    await pair.write(3)
    async with asyncio.timeout(30):
        while True:  # Until the replica has caught up, and is read again.
            async with reader.current() as tx:
                assert await tx.fetchval("select count(*) from event_log") == 3
                if await tx.fetchval("select pg_is_in_recovery()"):
                    break
    assert (await numbers(pair, reader, cursor))[0] == [3]
    async with reader.snapshot() as tx:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await tx.execute("delete from event_log")

    await pair.standby.close()
    assert not await is_standby(reader)
    assert (await numbers(pair, reader, 0))[0] == [1, 2, 3]
