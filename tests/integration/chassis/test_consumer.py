"""What was not applied comes again; what cannot be applied is a dead letter, its neighbour not."""

import asyncio
import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.background import Loop
from chassis.consumer import Consumer, DeadRecord, dead_letter_in
from chassis.database import Database
from chassis.producer import Message, Producer
from paymesh_local import kafka

# The embedded broker knows one member per group at a time: there the second comes after the first.
SHARES_GROUPS = "KAFKA_BOOTSTRAP" in os.environ or kafka.missing() is None

Until = Callable[[Callable[[], bool]], Any]
Running = Callable[[Loop], AbstractAsyncContextManager[None]]


class Harness:
    """A service that applies numbers; it fails when it is told to."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.bootstrap = bootstrap
        self.topic = topic
        self.group = f"g-{uuid.uuid4().hex}"
        self.applied: list[int] = []
        self.batches: list[list[int]] = []
        self.dead_letters: list[DeadRecord] = []
        self.poison: set[int] = set()
        self.failures_left = 0
        self.is_up = True
        self.gate = asyncio.Event()
        self.gate.set()

    def consumer(self, **options: Any) -> Consumer[int]:
        arguments: dict[str, Any] = {
            "bootstrap": self.bootstrap,
            "group": self.group,
            "topics": [self.topic],
            "decode": lambda record: int(record.value),
            "apply": self.apply,
            "dead_letter": self.dead_letter,
            "healthy": self.healthy,
            "session_timeout_ms": 6_000,
        }
        return Consumer(**(arguments | options))

    async def apply(self, numbers: Sequence[int]) -> None:
        self.batches.append(list(numbers))
        await self.gate.wait()
        if self.failures_left or not self.is_up:
            self.failures_left = max(0, self.failures_left - 1)
            raise ConnectionError("the database is away")
        if self.poison & set(numbers):
            raise LookupError(f"cannot apply {self.poison & set(numbers)}")
        self.applied += numbers

    async def dead_letter(self, records: Sequence[DeadRecord]) -> None:
        self.dead_letters += records

    async def healthy(self) -> bool:
        return self.is_up

    async def committed(self) -> int:
        """How many records of the topic the group has committed."""
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=self.group, enable_auto_commit=False
        )
        await kafka.start()
        await kafka._client._wait_on_metadata(self.topic)
        partitions = [
            TopicPartition(self.topic, number)
            for number in kafka.partitions_for_topic(self.topic) or ()
        ]
        offsets = [await kafka.committed(partition) for partition in partitions]
        await kafka.stop()
        return sum(offset or 0 for offset in offsets)


@pytest.fixture
def harness(kafka_bootstrap: str, topic: str) -> Harness:
    return Harness(kafka_bootstrap, topic)


@pytest.fixture
def sell(producer: Producer, topic: str) -> Callable[[range], Any]:
    async def send(numbers: range) -> None:
        messages = [Message(topic, f"k{n % 10}", b"%d" % n) for n in numbers]
        assert all(await producer.send_many(messages))

    return send


async def test_rest_makes_batches_larger(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    async with running(harness.consumer(rest_s=1.0).run):
        await sell(range(1))
        await until(lambda: harness.applied == [0])
        for number in range(1, 20):
            await sell(range(number, number + 1))
        await until(lambda: len(harness.applied) == 20)

    assert len(harness.batches) < 20


async def test_everything_is_applied_in_order_and_committed(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(100))
    consumer = harness.consumer(max_records=30)
    async with running(consumer.run):
        await until(lambda: len(harness.applied) == 100)
    assert consumer.lag == 0
    assert await harness.committed() == 100
    for key in range(10):
        assert [n for n in harness.applied if n % 10 == key] == list(range(key, 100, 10))

    await sell(range(100, 110))
    async with running(harness.consumer().run):
        await until(lambda: len(harness.applied) >= 110)
    assert sorted(harness.applied) == list(range(110))


async def test_a_failed_batch_comes_again_and_nothing_is_committed_before(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(20))
    harness.is_up = False
    consumer = harness.consumer()
    async with running(consumer.run):
        await until(lambda: len(harness.batches) >= 5)
        assert await harness.committed() == 0
        harness.is_up = True
        await until(lambda: len(harness.applied) >= 20)
    assert sorted(harness.applied) == list(range(20))
    assert (
        harness.dead_letters == []
    )  # A database that is down is not poison, however often it fails.
    assert await harness.committed() == 20


async def test_poison_is_a_dead_letter_and_its_neighbours_are_applied(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(40))
    harness.poison = {7, 23}
    async with running(harness.consumer().run):
        await until(lambda: len(set(harness.applied)) == 38)
    assert sorted(int(dead.record.value) for dead in harness.dead_letters) == [7, 23]
    assert "cannot apply" in harness.dead_letters[0].error
    assert set(harness.applied) == set(range(40)) - {7, 23}
    assert await harness.committed() == 40


async def test_a_passing_failure_is_not_poison(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(1))
    harness.failures_left = 5
    async with running(harness.consumer().run):
        await until(lambda: harness.applied == [0])
    assert harness.dead_letters == []


async def test_when_everything_is_poison_nothing_more_is_set_aside(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(30))
    harness.poison = set(range(30))
    async with running(harness.consumer().run):
        await until(lambda: len(harness.dead_letters) == 10)
        seen = len(harness.batches)
        await until(lambda: len(harness.batches) > seen + 1)
        assert len(harness.dead_letters) == 10
        assert await harness.committed() == 0
        harness.poison = set()
        await until(lambda: set(harness.applied) == set(range(30)))


async def test_what_cannot_be_read_is_kept_with_its_bytes(
    harness: Harness,
    producer: Producer,
    db: Database,
    topic: str,
    running: Running,
    until: Until,
) -> None:
    async def dead_letter(records: Sequence[DeadRecord]) -> None:
        async with db.transaction() as tx:
            await dead_letter_in(tx, records)
            await dead_letter_in(tx, records)  # twice is once

    raw = b"\xff not a number \x00"
    await producer.send_many(
        [
            Message(topic, "k", b"1"),
            Message(topic, "k", raw, {"ce_id": "e7"}),
            Message(topic, "k", b"2"),
        ]
    )
    async with running(harness.consumer(dead_letter=dead_letter).run):
        await until(lambda: harness.applied == [1, 2])
    async with db.connection() as connection:
        (row,) = await connection.fetch("select * from dead_event")
    assert (row["topic"], row["key"], row["value"]) == (topic, "k", raw)
    assert row["headers"] == {"ce_id": "e7"}
    assert "ValueError" in row["error"]


async def test_what_no_database_text_can_hold_does_not_block_its_neighbours(
    harness: Harness,
    producer: Producer,
    db: Database,
    topic: str,
    running: Running,
    until: Until,
) -> None:
    async def dead_letter(records: Sequence[DeadRecord]) -> None:
        async with db.transaction() as tx:
            await dead_letter_in(tx, [DeadRecord(dead.record, "why\0") for dead in records])

    await producer.send_many(
        [Message(topic, "k\0", b"\0", {"ce_id": "e\0"}), Message(topic, "k\0", b"1")]
    )
    async with running(harness.consumer(dead_letter=dead_letter).run):
        await until(lambda: harness.applied == [1])
    async with db.connection() as connection:
        (row,) = await connection.fetch("select * from dead_event")
    assert (row["key"], row["value"], row["error"]) == ("k\ufffd", b"\0", "why\ufffd")
    assert row["headers"] == {"ce_id": "e\ufffd"}


async def test_the_running_batch_is_finished_and_committed_on_stop(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(5))
    harness.gate.clear()
    async with running(harness.consumer().run):
        await until(lambda: len(harness.batches) == 1)
        asyncio.get_running_loop().call_later(0.2, harness.gate.set)
    taken = len(harness.applied)
    assert taken == len(harness.batches[0])
    assert await harness.committed() == taken


async def test_lag_is_what_waits(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    await sell(range(1))
    consumer = harness.consumer(max_records=10)
    async with running(consumer.run):
        await until(lambda: harness.applied == [0])
        harness.is_up = False
        await sell(range(50))
        await until(lambda: consumer.lag >= 1)
        assert consumer.pulse.age_s() < 15
        harness.is_up = True
        await until(lambda: consumer.lag == 0 and len(harness.applied) >= 51)


async def test_members_share_the_work_and_a_leavers_goes_on(
    harness: Harness, sell: Callable[[range], Any], running: Running, until: Until
) -> None:
    second = Harness(harness.bootstrap, harness.topic)
    second.group = harness.group
    sold = 20
    async with AsyncExitStack() as members:
        await members.enter_async_context(running(harness.consumer().run))
        await sell(range(sold))
        await until(lambda: len(harness.applied) == sold)
        if not SHARES_GROUPS:
            await members.aclose()
        async with running(second.consumer().run):
            while not second.applied:
                await sell(range(sold, sold + 20))
                sold += 20
                await asyncio.sleep(0.2)
            await until(lambda: len(set(harness.applied + second.applied)) == sold)
        if not SHARES_GROUPS:
            await members.enter_async_context(running(harness.consumer().run))
        await sell(range(sold, sold + 20))
        await until(lambda: len(set(harness.applied + second.applied)) == sold + 20)
    assert await harness.committed() == sold + 20
    # What was handed over was finished and committed first, so nothing came twice.
    assert sorted(harness.applied + second.applied) == list(range(sold + 20))
