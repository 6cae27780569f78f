"""Every reader gets the whole topic, and knows when it has."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from chassis.background import Loop
from chassis.broadcast import Broadcast
from chassis.consumer import Record
from chassis.producer import Message, Producer

Until = Callable[[Callable[[], bool]], Any]
Running = Callable[[Loop], AbstractAsyncContextManager[None]]


class Reader:
    """Keeps the newest value of each key, as configuration is kept."""

    def __init__(self) -> None:
        self.state: dict[str, bytes] = {}
        self.seen = 0

    def handle(self, record: Record) -> None:
        self.seen += 1
        if record.value == b"bad":
            raise ValueError("not usable")
        if not record.value:
            self.state.pop(record.key or "", None)
            return
        self.state[record.key or ""] = record.value


@pytest.fixture
def reader() -> Reader:
    return Reader()


async def test_readers_catch_up_with_everything_and_follow(
    producer: Producer, kafka_bootstrap: str, topic: str, running: Running, until: Until
) -> None:
    first = [Message(topic, f"k{n % 20}", b"%d" % n) for n in range(1_000)]
    assert all(await producer.send_many([*first, Message(topic, "k3", b"")]))
    readers = [Reader(), Reader()]
    one, two = (
        Broadcast(bootstrap=kafka_bootstrap, topic=topic, handle=reader.handle)
        for reader in readers
    )
    expected = {f"k{n}": b"%d" % (980 + n) for n in range(20) if n != 3}
    async with running(one.run), running(two.run):
        await one.caught_up.wait()
        assert readers[0].state == expected
        await two.caught_up.wait()
        assert readers[1].state == expected

        await producer.send(Message(topic, "k3", b"again"))
        await until(lambda: all(reader.state.get("k3") == b"again" for reader in readers))
        assert one.pulse.age_s() < 5


async def test_an_empty_topic_is_caught_up_with(
    producer: Producer, kafka_bootstrap: str, topic: str, reader: Reader, running: Running
) -> None:
    broadcast = Broadcast(bootstrap=kafka_bootstrap, topic=topic, handle=reader.handle)
    async with running(broadcast.run):
        await broadcast.caught_up.wait()
    assert reader.seen == 0


async def test_one_bad_record_does_not_stop_the_rest(
    producer: Producer,
    kafka_bootstrap: str,
    topic: str,
    reader: Reader,
    running: Running,
) -> None:
    values = [b"1", b"bad", b"2"]
    assert all(await producer.send_many([Message(topic, "k", value) for value in values]))
    broadcast = Broadcast(bootstrap=kafka_bootstrap, topic=topic, handle=reader.handle)
    async with running(broadcast.run):
        await broadcast.caught_up.wait()
    assert reader.state == {"k": b"2"}


async def test_who_wants_only_news_gets_only_news(
    producer: Producer,
    kafka_bootstrap: str,
    topic: str,
    reader: Reader,
    running: Running,
    until: Until,
) -> None:
    await producer.send(Message(topic, "old", b"1"))
    broadcast = Broadcast(
        bootstrap=kafka_bootstrap, topic=topic, handle=reader.handle, from_beginning=False
    )
    async with running(broadcast.run):
        await broadcast.caught_up.wait()
        await producer.send(Message(topic, "new", b"2"))
        await until(lambda: reader.seen > 0)
    assert reader.state == {"new": b"2"}
