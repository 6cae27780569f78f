"""Kafka's broker, as far as the programs can tell: logs, groups, committed offsets; nothing is ever
lost that was confirmed, and everything may come again."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final
from zlib import crc32

from aiokafka import TopicPartition
from tests.record_keys import stamp
from tests.simulation.harness import Harness
from tests.simulation.process import Process

from chassis.consumer import Record
from chassis.producer import Message, NotPublished, Producer
from contracts import topics

if TYPE_CHECKING:
    from tests.simulation.reader import Reader

PARTITIONS: Final = 2
REPLAYED: Final = 5


class Bus:
    """The broker; it never fails, only the ways to it do."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self._logs: dict[TopicPartition, list[Record]] = {}
        self._committed: dict[tuple[str, TopicPartition], int] = {}
        self._members: dict[str, list[Reader]] = {}
        self._dealt_with: dict[str, set[tuple[TopicPartition, int]]] = {}
        self.initiated: set[tuple[str, str]] = set()
        """Which process tried to publish what came of which payment's initiation."""
        self.by_http: list[str] = []
        """The payments whose results trade-core took by HTTP, where the way to here was broken."""
        self._handing_over: dict[str, asyncio.Lock] = {}

    def append(self, message: Message) -> None:
        place = TopicPartition(message.topic, crc32(message.key.encode()) % PARTITIONS)
        records = self._logs.setdefault(place, [])
        records.append(
            Record(
                topic=message.topic,
                partition=place.partition,
                offset=len(records),
                key=message.key,
                value=message.value,
                headers=dict(message.headers),
                timestamp_ms=int(self.harness.loop.time() * 1000),
            )
        )
        for members in self._members.values():
            for member in members:
                member.wake_up.set()

    def records(self, topic: str) -> list[Record]:
        """All of the topic, each key in its order."""
        return [record for place in places([topic]) for record in self._logs.get(place, [])]

    def count_durable(self, payment_no: str) -> int:
        """How many results about the payment are kept, here or by HTTP."""
        results = [*self.records(topics.PAYMENT_RESULTS), *self.records(topics.REFUND_RESULTS)]
        return sum(each.key == payment_no for each in results) + self.by_http.count(payment_no)

    def is_read(self) -> bool:
        """Whether all that runs has read everything."""
        return all(
            bool(members) and self.committed(group, place) == self.end(place)
            for group, members in self._members.items()
            for place in places(members[0].topics if members else [""])
        )

    def log(self, place: TopicPartition) -> Sequence[Record]:
        return self._logs.get(place, [])

    def end(self, place: TopicPartition) -> int:
        """The offset of what comes next."""
        return len(self._logs.get(place, []))

    def committed(self, group: str, place: TopicPartition) -> int:
        return self._committed.get((group, place), 0)

    def commit(self, group: str, offsets: dict[TopicPartition, int]) -> None:
        for place, offset in offsets.items():
            self._committed[group, place] = offset

    def deal_with(self, group: str, records: Iterable[Record]) -> None:
        """The group's programs have applied or dead-lettered these."""
        done = self._dealt_with.setdefault(group, set())
        done.update((TopicPartition(each.topic, each.partition), each.offset) for each in records)

    def skipped(self) -> Iterator[str]:
        """What was committed, so that it never comes again, and was not dealt with."""
        for (group, place), end in self._committed.items():
            done = self._dealt_with.get(group)
            for record in self.log(place)[:end]:
                if done is not None and (place, record.offset) not in done:
                    yield f"{group} skipped {record.key} at {place.topic} {record.offset}"

    def join(self, member: "Reader") -> None:
        self._members.setdefault(member.group, []).append(member)
        self.rebalance(member.group)

    def leave(self, member: "Reader") -> None:
        if member in self._members.get(member.group, []):
            self._members[member.group].remove(member)
            self.rebalance(member.group)

    def rebalance(self, group: str, *, back: int = 0) -> None:
        """Each partition has one reader; who reads it now begins at what was committed, or so many
        records before it."""
        self.harness.begin(self._hand_over(group, back))

    async def _hand_over(self, group: str, back: int) -> None:
        async with self._handing_over.setdefault(group, asyncio.Lock()):
            members = self._members[group]
            if revoking := [member.revoke() for member in members]:
                await asyncio.wait(revoking)
            if not members:
                return
            for turn, place in enumerate(places(members[0].topics)):
                start = max(0, self.committed(group, place) - back)
                members[turn % len(members)].positions[place] = start
            for member in list(members):
                member.assign()


class SimulatedProducer(Producer):
    """The way of one process to the bus."""

    def __init__(self, process: Process, bus: Bus) -> None:
        self._stamp = stamp
        self._process = process
        self._bus = bus

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        """A message that is not taken holds the later ones of its key back; of one that was only
        not confirmed the later ones may well arrive."""
        await self._process.step()
        held: set[str] = set()
        answers: list[NotPublished | None] = []
        for message in messages:
            if b'"source":"initiation"' in message.value:
                self._bus.initiated.add((self._process.name, message.key))
            is_held = message.key in held
            failure = "held back" if is_held else self._publish(message, held)
            answers.append(NotPublished(message.topic, failure) if failure else None)
        self._process.may_die()
        return answers

    def _publish(self, message: Message, held: set[str]) -> str | None:
        harness = self._bus.harness
        if harness.happens("not_published"):
            if harness.dice.happens(0.5):
                held.add(message.key)
            return "not taken"
        self._bus.append(self._stamp(message))
        return "not confirmed" if harness.happens("published_unknown") else None


def places(topics: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
