"""A message is confirmed or NotPublished is raised, in time, and the next one works again."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from chassis.producer import Message, NotPublished, Producer
from paymesh_local.broker import EmbeddedBroker


async def read_all(
    bootstrap: str, topic: str, count: int = 0, last: bytes = b""
) -> list[tuple[bytes | None, bytes | None]]:
    """At least `count` records, up to the one whose value is `last`."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    records: list[tuple[bytes | None, bytes | None]] = []
    async with asyncio.timeout(60):
        while len(records) < count or (last and last not in {value for _, value in records}):
            batches = await consumer.getmany(timeout_ms=100)
            records += [(r.key, r.value) for batch in batches.values() for r in batch]
    await consumer.stop()
    return records


async def sent(producer: Producer, message: Message) -> None:
    """As often as it takes: the first makes the topic, and a broker may need a moment."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(NotPublished):
                return await producer.send(message)


@pytest.fixture
async def own_broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    """A broker that may be frozen and killed."""
    broker = EmbeddedBroker(tmp_path / "log")
    await broker.start()
    yield broker
    if broker.process is not None:
        broker.process.send(signal.SIGCONT)
    await broker.stop()


async def test_concurrent_sends_of_one_key_keep_their_order(
    producer: Producer, kafka_bootstrap: str, topic: str
) -> None:
    await producer.send(Message(topic, "first", b"0"))
    await asyncio.gather(
        *(producer.send(Message(topic, f"k{n % 7}", b"%d" % n)) for n in range(500))
    )

    records = await read_all(kafka_bootstrap, topic, 501)
    for key in range(7):
        assert [int(v or 0) for k, v in records if k == b"k%d" % key] == list(range(key, 500, 7))


async def test_many_go_in_order_and_a_tombstone_is_one(
    producer: Producer, kafka_bootstrap: str, topic: str
) -> None:
    messages = [Message(topic, "k", b"%d" % n, {"ce_id": f"e{n}"}) for n in range(50)]

    assert await producer.send_many([*messages, Message(topic, "k", b"")]) == [True] * 51

    records = await read_all(kafka_bootstrap, topic, 51)
    assert records == [(b"k", b"%d" % n) for n in range(50)] + [(b"k", None)]


async def test_a_message_that_is_too_large_is_named_and_its_key_waits(
    producer: Producer, kafka_bootstrap: str, topic: str
) -> None:
    results = await producer.attempt(
        [
            Message(topic, "a", b"1"),
            Message(topic, "a", b"x" * 2_000_000),
            Message(topic, "a", b"2"),
            Message(topic, "b", b"3"),
        ]
    )

    assert [failure is None for failure in results] == [True, False, False, True]
    assert [failure.unpublishable for failure in results if failure] == [True, False]
    assert {v for _, v in await read_all(kafka_bootstrap, topic, 2)} == {b"1", b"3"}


async def test_a_frozen_broker_is_not_published_and_later_sends_work(
    own_broker: EmbeddedBroker, topic: str
) -> None:
    assert own_broker.process is not None
    producer = Producer(own_broker.bootstrap, "tests", limit_s=1.0)
    await producer.start()
    await sent(producer, Message(topic, "k", b"before"))
    own_broker.process.send(signal.SIGSTOP)

    async with asyncio.timeout(60):  # Without a limit of its own it would wait for ever.
        frozen = await asyncio.gather(
            *(producer.send(Message(topic, "k", b"during")) for _ in range(20)),
            return_exceptions=True,
        )
    waiting = asyncio.ensure_future(producer.send_many([Message(topic, "k", b"waiting")]))
    await asyncio.sleep(0.2)
    own_broker.process.send(signal.SIGCONT)
    await waiting
    await sent(producer, Message(topic, "k", b"after"))
    await producer.stop()

    assert all(isinstance(result, NotPublished) for result in frozen)
    values = [value for _, value in await read_all(own_broker.bootstrap, topic, last=b"after")]
    assert values[0] == b"before"
    assert values[-1] == b"after"
    assert values.count(b"during") <= 20


async def test_a_broker_that_is_not_there_is_not_published(unused_tcp_port: int) -> None:
    producer = Producer(f"127.0.0.1:{unused_tcp_port}", "tests", limit_s=1.0)
    await producer.start()

    with pytest.raises(NotPublished):
        await producer.send(Message("t", "k", b"1"))
    await producer.stop()
    with pytest.raises(NotPublished):
        await producer.send(Message("t", "k", b"1"))
