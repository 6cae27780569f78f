"""No event is lost, none overtakes another of its key, and no reader passes a late one."""

import asyncio
import itertools
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from chassis.background import Background, Loop
from chassis.database import Database
from chassis.outbox import (
    LoggedEvent,
    OutboxEvent,
    Relay,
    Retention,
    forget,
    list_since,
    place_before,
    put,
    republish,
    shard_of,
)
from chassis.producer import Message, NotPublished, Producer

Until = Callable[[Callable[[], bool]], Awaitable[None]]
Running = Callable[[Loop], AbstractAsyncContextManager[None]]


def event(number: int, key: str = "k", *, tenant: str = "a", topic: str = "t") -> OutboxEvent:
    return OutboxEvent(
        event_id=f"e{number}",
        topic=topic,
        key=key,
        type="thing.happened",
        tenant=tenant,
        payload=b"%d" % number,
    )


class Broker(Producer):
    """Stands where the producer stands: remembers what it took, refuses what it is told to."""

    def __init__(self) -> None:
        super().__init__("nowhere", "tests")
        self.taken: list[Message] = []
        self.refused: dict[bytes, NotPublished] = {}
        self.down = False

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        if self.down:
            return [NotPublished(message.topic, "down") for message in messages]
        results = [self.refused.get(message.value) for message in messages]
        self.taken += [m for m, failure in zip(messages, results, strict=True) if not failure]
        return results

    def numbers(self, key: str = "k") -> list[int]:
        return [int(message.value) for message in self.taken if message.key == key]


@pytest.fixture
def broker() -> Broker:
    return Broker()


async def write(db: Database, *events: OutboxEvent) -> None:
    async with db.transaction() as tx:
        await put(tx, events)


async def drained(db: Database) -> None:
    async with asyncio.timeout(60), db.connection() as connection:
        while await connection.fetchval("select count(*) from event_pending, pg_sleep(0.01)"):
            pass


async def test_what_was_rolled_back_was_never_an_event(db: Database, broker: Broker) -> None:
    async def change_and_fail() -> None:
        async with db.transaction() as tx:
            await put(tx, [event(1)])
            raise LookupError

    with pytest.raises(LookupError):
        await change_and_fail()

    async with db.connection() as connection:
        assert await connection.fetchval("select count(*) from event_log") == 0
        assert await connection.fetchval("select count(*) from event_pending") == 0


async def test_each_key_keeps_its_order(db: Database, broker: Broker, running: Running) -> None:
    relay = Relay(db, broker, batch=7)
    async with running(relay.run):
        for first in range(0, 60, 6):
            await write(db, *[event(n, f"k{n % 3}") for n in range(first, first + 6)])
            relay.wake()
        await drained(db)

    for key in range(3):
        assert broker.numbers(f"k{key}") == list(range(key, 60, 3))
    assert dict(broker.taken[0].headers) == {
        "ce_id": "e0",
        "ce_type": "thing.happened",
        "content-type": "application/cloudevents+json",
    }


async def test_a_failed_key_stops_only_itself(
    db: Database, broker: Broker, running: Running, until: Until
) -> None:
    broker.refused = {b"1": NotPublished("t", "not now")}
    await write(db, event(0, "a"), event(1, "a"), event(2, "a"), event(3, "b"))
    relay = Relay(db, broker)
    async with running(relay.run):
        await until(lambda: broker.numbers("b") == [3])
        await write(db, event(4, "b"))
        await until(lambda: broker.numbers("b") == [3, 4])
        broker.refused.clear()
        await drained(db)

    # 2 was taken while 1 was refused; it came again behind 1, so the order is right at last.
    assert broker.numbers("a")[0] == 0
    assert broker.numbers("a")[-2:] == [1, 2]


async def test_a_crash_before_the_deletion_gives_a_duplicate_not_a_gap(
    db: Database, broker: Broker, running: Running
) -> None:
    await write(db, *[event(n) for n in range(5)])
    hung = asyncio.Event()

    class Crashing(Broker):
        async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
            broker.taken += messages
            hung.set()
            await asyncio.Event().wait()
            return []

    crashing = asyncio.ensure_future(Relay(db, Crashing()).run(asyncio.Event()))
    await hung.wait()
    crashing.cancel()
    await asyncio.wait([crashing])
    await write(db, event(5))
    async with running(Relay(db, broker).run):
        await drained(db)

    assert broker.numbers() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]


async def owned(db: Database, *expected: int) -> None:
    """Wait until the relays own so many shards each."""
    async with asyncio.timeout(60), db.connection() as connection:
        while list(expected) != await connection.fetchval(OWNED):
            pass


OWNED = """
select coalesce(array_agg(count order by count), '{}')
from (select count(*) from pg_locks
      where locktype = 'advisory' and classid = 2828 and objid < 16
        and database = (select oid from pg_database where datname = current_database())
      group by pid) by_relay, pg_sleep(0.02)
"""


async def test_replicas_share_the_shards_and_those_of_the_dead_are_taken_over(
    db: Database, broker: Broker, running: Running
) -> None:
    async with running(Relay(db, broker).run):
        await owned(db, 16)
        async with running(Relay(db, broker).run):
            await owned(db, 8, 8)
            async with running(Relay(db, broker).run):
                await owned(db, 4, 6, 6)
            await owned(db, 8, 8)
        await owned(db, 16)


async def test_what_one_replica_commits_wakes_the_owner_of_its_shard(
    db: Database, broker: Broker, running: Running
) -> None:
    first, second = (Relay(db, broker, fallback_s=3_600) for _ in range(2))
    async with running(first.run), running(second.run):
        async with asyncio.timeout(60), db.connection() as connection:
            while await connection.fetchval(OWNED) != [8, 8]:
                first.wake()
                second.wake()
        await write(db, *(event(number, f"k{number}") for number in range(64)))
        first.wake()
        await drained(db)
    assert len(broker.taken) == 64


async def test_each_shard_has_one_owner(db: Database, running: Running) -> None:
    first, second = Broker(), Broker()
    keys = [f"k{n}" for n in range(40)]
    assert {shard_of(key) for key in keys} == set(range(16))
    async with running(Relay(db, first).run), running(Relay(db, second).run):
        await owned(db, 8, 8)
        await write(db, *[event(n, key) for n, key in enumerate(keys)])
        await drained(db)

    shards = [{shard_of(message.key) for message in broker.taken} for broker in (first, second)]
    assert [len(some) for some in shards] == [8, 8]
    assert not shards[0] & shards[1]


async def test_keys_keep_their_order_while_shards_change_hands(
    db: Database, running: Running
) -> None:
    class Slow(Broker):
        async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
            await asyncio.sleep(0.01)
            return await super().attempt(messages)

    broker, keys = Slow(), [f"k{n}" for n in range(40)]
    numbers = iter(range(0, 100_000, len(keys)))

    async def write_until(enough: asyncio.Event) -> None:
        while not enough.is_set():
            first = next(numbers)
            await write(db, *[event(first + n, key) for n, key in enumerate(keys)])
            await asyncio.sleep(0.1)

    enough = asyncio.Event()
    writing = asyncio.ensure_future(write_until(enough))
    async with running(Relay(db, broker, batch=25).run):
        await owned(db, 16)
        async with running(Relay(db, broker, batch=25).run):
            await owned(db, 8, 8)
        await owned(db, 16)
        enough.set()
        await writing
        await drained(db)

    written = next(numbers)
    for n, key in enumerate(keys):
        assert broker.numbers(key) == list(range(n, written, len(keys)))


async def test_the_relay_outlives_its_database_connection(
    db: Database, broker: Broker, until: Until
) -> None:
    relay = Relay(db, broker)
    background = Background(backoff_s=0.05, is_up=db.is_up)
    async with background:
        background.start("outbox", relay.run, pulse=relay.pulse)
        await write(db, event(1))
        await until(lambda: broker.numbers() == [1])
        async with db.connection() as connection:
            killed = await connection.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'tests:outbox' and datname = current_database()"
            )
        assert len(killed) == 1
        await write(db, event(2))
        await until(lambda: 2 in broker.numbers())
        await drained(db)


async def test_a_broker_that_is_down_loses_nothing_and_kills_nothing(
    db: Database, broker: Broker, running: Running, until: Until
) -> None:
    broker.down = True
    await write(db, *[event(n, f"k{n}") for n in range(20)])
    relay = Relay(db, broker)
    async with running(relay.run):
        await asyncio.sleep(0.5)
        broker.down = False
        await drained(db)

    assert sorted(int(message.value) for message in broker.taken) == list(range(20))
    async with db.connection() as connection:
        assert await connection.fetchval("select count(*) from event_dead") == 0


async def test_what_can_never_be_published_is_laid_aside(
    db: Database, broker: Broker, running: Running
) -> None:
    broker.refused = {b"1": NotPublished("t", "too large", unpublishable=True)}
    await write(db, event(0), event(1), event(2))
    async with running(Relay(db, broker, hold_max_s=0.01).run):
        await drained(db)

    assert set(broker.numbers()) == {0, 2}
    async with db.connection() as connection:
        (buried,) = await connection.fetch("select * from event_dead join event_log using (id)")
    assert buried["event_id"] == "e1"
    assert "too large" in buried["error"]


async def test_events_reach_kafka(
    db: Database, producer: Producer, kafka_bootstrap: str, topic: str, running: Running
) -> None:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    relay = Relay(db, producer)
    async with running(relay.run):
        await write(db, *[event(n, f"k{n % 5}", topic=topic) for n in range(100)])
        relay.wake()
        records: list[ConsumerRecord] = []
        while len(records) < 100:
            batches = await consumer.getmany(timeout_ms=200)
            records += [record for batch in batches.values() for record in batch]
        await drained(db)
    await consumer.stop()

    for key in range(5):
        mine = [int(r.value) for r in records if r.key == b"k%d" % key]
        assert mine == list(range(key, 100, 5))


async def test_republishing_brings_back_the_period(
    db: Database, broker: Broker, running: Running
) -> None:
    await write(db, *[event(n) for n in range(10)])
    async with db.transaction() as tx:
        await tx.execute("update event_log set created_at = now() - interval '1 day' where id <= 4")
        await tx.execute("insert into event_dead (id, error) values (4, 'x'), (5, 'too large')")
    async with running(Relay(db, broker).run):
        await drained(db)
        assert await republish(db, datetime.now(UTC) - timedelta(hours=1)) == 6
        await drained(db)
        assert await republish(db, datetime.now(UTC) + timedelta(hours=1)) == 0

    assert broker.numbers() == [*range(10), *range(4, 10)]
    async with db.connection() as tx:  # What is told again is not dead any more.
        assert [row["id"] for row in await tx.fetch("select id from event_dead")] == [4]


async def test_events_are_forgotten_when_their_time_is_over(db: Database, broker: Broker) -> None:
    await write(db, *[event(n) for n in range(10)])
    async with db.transaction() as tx:
        await tx.execute("update event_log set created_at = now() - interval '9 days' where id < 9")
        await tx.execute("delete from event_pending where id <> 3")
        await tx.execute("insert into event_dead (id, error) values (5, 'too large')")

    assert await forget(db, datetime.now(UTC) - timedelta(days=8), step=2) == 6

    async with db.connection() as connection:
        left = await connection.fetch("select id from event_log order by id")
    assert [row["id"] for row in left] == [3, 5, 9, 10]


async def test_retention_forgets_at_its_start(db: Database, running: Running) -> None:
    await write(db, event(1))
    async with db.transaction() as tx:
        await tx.execute("delete from event_pending")
    async with running(Retention(db, timedelta(0)).run), db.connection() as connection:
        while await connection.fetchval("select count(*) from event_log, pg_sleep(0.01)"):
            pass


async def page_since(db: Database, tenant: str, after: int, limit: int) -> list[LoggedEvent]:
    """As a reader does: an empty answer is asked again. Other tests' transactions hold it up."""
    async with asyncio.timeout(60):
        while not (page := await list_since(db, tenant, after, limit)):
            pass
    return page


async def test_a_reader_pages_through_its_own_events(by_day: Database) -> None:
    await write(by_day, *[event(n, tenant="ab"[n % 2]) for n in range(10)])

    first = await page_since(by_day, "a", 0, 3)
    rest = await page_since(by_day, "a", first[-1].position, 100)

    assert [logged.event for logged in first + rest] == [
        event(n, tenant="a") for n in range(0, 10, 2)
    ]
    assert first[0].created_at.tzinfo is not None
    assert await list_since(by_day, "a", rest[-1].position, 100) == []
    assert await list_since(by_day, "nobody", 0, 100) == []


async def test_a_reader_begins_with_the_newest(by_day: Database) -> None:
    await write(by_day, *[event(n, tenant="ab"[n % 2]) for n in range(10)])

    begin = await place_before(by_day, "a", 2)
    assert [e.event.event_id for e in await page_since(by_day, "a", begin, 10)] == ["e6", "e8"]
    assert await place_before(by_day, "a", 5) == 0
    assert await place_before(by_day, "nobody", 1) == 0


async def test_a_reader_never_passes_a_transaction_that_commits_late(
    by_day: Database,
) -> None:
    late = await by_day.dedicated("late")
    async with late.transaction():
        await put(late, [event(1)])
        await write(by_day, event(2))
        assert await list_since(by_day, "a", 0, 10) == []
    await late.close()

    assert [e.event.event_id for e in await page_since(by_day, "a", 0, 10)] == ["e1", "e2"]


async def test_a_reader_waits_shortly_for_a_late_commit(by_day: Database) -> None:
    late = await by_day.dedicated("late")
    async with asyncio.timeout(60):
        for first in itertools.count(1, 2):  # Again where other tests' transactions held it up.
            async with by_day.connection() as connection:
                after = await connection.fetchval("select coalesce(max(id), 0) from event_log")
            transaction = late.transaction()
            await transaction.start()
            await put(late, [event(first)])
            await write(by_day, event(first + 1))
            reading = asyncio.ensure_future(list_since(by_day, "a", after, 10))
            await asyncio.sleep(0.05)
            await transaction.commit()
            if found := [logged.event.event_id for logged in await reading]:
                break
    await late.close()

    assert found == [f"e{first}", f"e{first + 1}"]


async def test_a_transaction_that_took_no_event_id_before_does_not_hold_up_readers(
    by_day: Database, postgres_url: str
) -> None:
    reader = await asyncpg.connect(postgres_url)
    async with reader.transaction(isolation="repeatable_read", readonly=True):
        await reader.fetchval("select count(*) from event_log")
        await write(by_day, event(1))
        assert len(await page_since(by_day, "a", 0, 10)) == 1
    await reader.close()


@pytest.mark.parametrize("writers", [8])
async def test_readers_beside_many_writers_see_every_event_once(
    by_day: Database, writers: int
) -> None:
    done = asyncio.Event()

    async def write_some(writer: int) -> None:
        connection = await by_day.dedicated("writer")
        for number in range(25):
            async with connection.transaction():
                await put(connection, [event(1000 * writer + number, f"k{writer}")])
                await asyncio.sleep(int.from_bytes(os.urandom(1)) / 25_600)
        await connection.close()

    async def read_all() -> list[str]:
        seen: list[str] = []
        position = 0
        while not done.is_set() or len(seen) < 25 * writers:
            page = await list_since(by_day, "a", position, 10)
            seen += [logged.event.event_id for logged in page]
            position = page[-1].position if page else position
        return seen

    reading = asyncio.ensure_future(read_all())
    await asyncio.gather(*(write_some(writer) for writer in range(writers)))
    done.set()
    async with asyncio.timeout(60):  # It may be held up by other tests' transactions.
        seen = await reading

    assert sorted(seen) == sorted(f"e{1000 * w + n}" for w in range(writers) for n in range(25))


async def test_relay_tells_how_long_the_oldest_waits_and_what_is_dead(
    db: Database, broker: Broker, running: Running, until: Until
) -> None:
    broker.refused[b"1"] = NotPublished("t", "too large", unpublishable=True)
    relay = Relay(db, broker, hold_max_s=0.01)
    await write(db, event(1, "a"))
    async with running(relay.run):
        await until(lambda: relay.dead == 1)
        broker.down = True
        await write(db, event(2, "b"))
        await until(lambda: relay.oldest_s > 0)
        broker.down = False
        await until(lambda: relay.oldest_s == 0)


async def test_what_is_published_again_waits_since_then(
    db: Database, broker: Broker, running: Running, until: Until
) -> None:
    relay = Relay(db, broker)
    await write(db, event(1, "a"))
    async with db.connection() as connection:
        await connection.execute("update event_log set created_at = now() - interval '1 hour'")
    async with running(relay.run):
        await until(lambda: bool(broker.taken) and relay.oldest_s == 0)
        broker.down = True
        await republish(db, datetime.now(UTC) - timedelta(hours=2))
        await until(lambda: relay.oldest_s > 0)
        assert relay.oldest_s < 60
