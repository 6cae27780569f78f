"""Kafka, as far as the programs can tell: logs, groups, committed offsets; nothing is ever lost
that was confirmed, and everything may come again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from zlib import crc32

from tests.simulation.process import Process
from tests.simulation.world import World

from chassis.consumer import Record
from chassis.producer import Message, NotPublished, Producer

PARTITIONS: Final = 2
BATCH: Final = 20
REPLAYED: Final = 5
BACKOFF_S: Final = (0.1, 10.0)

Place = tuple[str, int]
"""Topic and partition."""


class Bus:
    """The broker; it never fails, only the ways to it do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._logs: dict[Place, list[Record]] = {}
        self._committed: dict[tuple[str, Place], int] = {}
        self._members: dict[str, list[Member]] = {}

    def append(self, message: Message) -> None:
        place = (message.topic, crc32(message.key.encode()) % PARTITIONS)
        records = self._logs.setdefault(place, [])
        records.append(
            Record(
                topic=message.topic,
                partition=place[1],
                offset=len(records),
                key=message.key,
                value=message.value,
                headers=dict(message.headers),
                timestamp_ms=int(self.world.loop.time() * 1000),
            )
        )
        for members in self._members.values():
            for member in members:
                member.bell.set()

    def records(self, topic: str) -> list[Record]:
        """All of the topic, each key in its order."""
        return [
            record
            for place in [(topic, number) for number in range(PARTITIONS)]
            for record in self._logs.get(place, [])
        ]

    def is_read(self) -> bool:
        """Whether all that runs has read everything."""
        return all(
            self.committed(group, place) == len(self._logs.get(place, []))
            for group, members in self._members.items()
            for member in members
            for place in member.positions
        )

    def join(self, member: "Member") -> None:
        self._members.setdefault(member.group, []).append(member)
        self._share_out(member.group)

    def leave(self, member: "Member") -> None:
        self._members[member.group].remove(member)
        self._share_out(member.group)

    def log(self, place: Place) -> Sequence[Record]:
        return self._logs.get(place, [])

    def committed(self, group: str, place: Place) -> int:
        return self._committed.get((group, place), 0)

    def commit(self, group: str, offsets: dict[Place, int]) -> None:
        for place, offset in offsets.items():
            self._committed[group, place] = offset

    def _share_out(self, group: str) -> None:
        """Each partition has one reader; who reads it now begins at what was committed."""
        members = self._members[group]
        for member in members:
            member.positions.clear()
            member.bell.set()
        if not members:
            return
        places = [place for topic in members[0].topics for place in _places(topic)]
        for turn, place in enumerate(places):
            reader = members[turn % len(members)]
            reader.positions[place] = self.committed(group, place)


class SimulatedProducer(Producer):
    """The way of one process to the bus."""

    def __init__(self, process: Process, bus: Bus) -> None:
        self._process = process
        self._bus = bus

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        """After a message that failed, the later ones of its key fail too."""
        await self._process.step()
        failed: set[str] = set()
        answers: list[NotPublished | None] = []
        for message in messages:
            failure = self._publish(message) if message.key not in failed else "held back"
            if failure:
                failed.add(message.key)
            answers.append(NotPublished(message.topic, failure) if failure else None)
        self._process.may_die()
        return answers

    def _publish(self, message: Message) -> str | None:
        world = self._bus.world
        if world.happens("not_published"):
            return "not taken"
        self._bus.append(message)
        return "not confirmed" if world.happens("published_unknown") else None


class Member:
    """One member of a group, with the promises of `chassis.consumer`: a batch that fails comes
    again, and offsets are committed when it was applied, so that it may come again even then."""

    def __init__(
        self,
        process: Process,
        bus: Bus,
        *,
        group: str,
        topics: Sequence[str],
        decode: Callable[[Record], Any],
        apply: Callable[[Sequence[Any]], Awaitable[None]],
    ) -> None:
        self.group = group
        self.topics = topics
        self.positions: dict[Place, int] = {}
        self.bell = asyncio.Event()
        self._process = process
        self._bus = bus
        self._decode = decode
        self._apply = apply
        self._failures = 0
        process.at_death.append(lambda: bus.leave(self))
        bus.join(self)

    async def run(self) -> None:
        while True:
            self.bell.clear()
            batch = self._fetched()
            if not batch:
                await self.bell.wait()
                continue
            await self._process.step()
            if await self._is_applied(batch):
                await self._process.step()
                self._commit(batch)

    def _fetched(self) -> list[Record]:
        limit = self._bus.world.dice.whole(1, BATCH)
        batch: list[Record] = []
        for place, position in self.positions.items():
            batch += self._bus.log(place)[position : position + limit - len(batch)]
        return batch

    async def _is_applied(self, batch: Sequence[Record]) -> bool:
        work = self._apply([self._decode(record) for record in batch])
        (failure,) = await asyncio.gather(work, return_exceptions=True)
        if failure is None:
            self._failures = 0
            return True
        self._bus.world.note_error(f"{self._process.name} consumer", failure)
        self._failures += 1
        first_s, longest_s = BACKOFF_S
        await asyncio.sleep(min(first_s * 2**self._failures, longest_s))
        return False

    def _commit(self, batch: Sequence[Record]) -> None:
        """What was taken away meanwhile is somebody else's to commit."""
        world = self._bus.world
        done = {(record.topic, record.partition): record.offset + 1 for record in batch}
        ours = {place: end for place, end in done.items() if place in self.positions}
        if world.happens("redelivered"):
            world.story.tell(self._process.name, "is given records again")
            for place in ours:
                back = world.dice.whole(0, REPLAYED)
                self.positions[place] = max(0, self._bus.committed(self.group, place) - back)
            return
        self.positions.update(ours)
        self._bus.commit(self.group, ours)


def _places(topic: str) -> list[Place]:
    return [(topic, number) for number in range(PARTITIONS)]
