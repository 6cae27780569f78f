"""aiokafka's consumer over the simulated broker, with the habits that `chassis.consumer` is made
for: `getmany` moves the position whatever becomes of the records, partitions come and go."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from tests.simulation.bus import REPLAYED, Bus
from tests.simulation.process import Process

from chassis.consumer import Record

BATCHES: Final = (1, 2, 5, 20)

Listener = Any
"""aiokafka's ConsumerRebalanceListener, which has no type of its own."""


class _Client:
    """Below a consumer: `chassis.consumer.hearing` listens here for answers of the broker."""

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        raise AssertionError("nothing is sent: the records are read where they lie")


class _Fetcher:
    """Below a consumer: `chassis.consumer.patience` says here how long the broker may wait."""

    _fetch_max_wait_ms = 0


class Reader:
    """One member of a group. A poll that would come back empty does not come back."""

    def __init__(self, process: Process, bus: Bus, group: str) -> None:
        self.group = group
        self.topics: Sequence[str] = ()
        self.positions: dict[TopicPartition, int] = {}
        self.wake_up = asyncio.Event()
        self._client = _Client()
        self._fetcher = _Fetcher()
        self._process = process
        self._bus = bus
        self._listener: Listener = None
        self._is_assigned = asyncio.Event()
        self._generation = 0

    def subscribe(self, *, topics: Sequence[str], listener: Listener) -> None:
        self.topics = list(topics)
        self._listener = listener

    async def start(self) -> None:
        await self._process.step()
        self._process.at_death.append(self._leave)
        self._bus.join(self)

    async def stop(self) -> None:
        await self._process.step()
        self._leave()

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]:
        while True:
            await self._is_assigned.wait()
            self.wake_up.clear()
            generation = self._generation
            if fetched := self._fetched(max_records):
                await self._process.step()
                if generation != self._generation:
                    continue
                for place, records in fetched.items():
                    self.positions[place] = records[-1].offset + 1
                return fetched
            await self.wake_up.wait()

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._require(place)
        self.positions[place] = offset
        self.wake_up.set()

    async def commit(self, offsets: dict[TopicPartition, int] | None = None) -> None:
        """What was taken away meanwhile is somebody else's to commit."""
        await self._process.step()
        committed = dict(self.positions if offsets is None else offsets)
        for place in committed:
            self._require(place)
        harness = self._bus.harness
        if harness.happens("redelivered"):
            harness.story.tell(self._process.name, "is given records again")
            self._bus.rebalance(self.group, back=harness.dice.whole(0, REPLAYED))
            raise KafkaError("the coordinator moves")
        self._bus.commit(self.group, committed)
        self._process.may_die()
        if harness.happens("redelivered"):
            self._bus.rebalance(self.group)

    def assignment(self) -> set[TopicPartition]:
        return set(self.positions)

    def highwater(self, place: TopicPartition) -> int:
        return self._bus.end(place)

    # ── what the broker does with it ──────────────────────────────────────────────────────────

    def revoke(self) -> "asyncio.Task[None]":
        """Its partitions go as soon as its listener lets them go."""
        self._is_assigned.clear()
        self._generation += 1
        return self._process.start(self._revoked())

    def assign(self) -> None:
        self._process.start(self._assigned())

    async def _revoked(self) -> None:
        await self._process.step()
        if self.positions:
            await self._listener.on_partitions_revoked(set(self.positions))
        self.positions.clear()

    async def _assigned(self) -> None:
        await self._listener.on_partitions_assigned(set(self.positions))
        self._is_assigned.set()
        self.wake_up.set()

    def _leave(self) -> None:
        self._is_assigned.clear()
        self.positions.clear()
        self._bus.leave(self)

    def _fetched(
        self, max_records: int
    ) -> dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]:
        """As much as the broker likes to send at once."""
        left = min(max_records, self._bus.harness.dice.pick(BATCHES))
        fetched = {}
        for place, position in self.positions.items():
            records = self._bus.log(place)[position : position + left]
            if records:
                fetched[place] = [_raw(record) for record in records]
                left -= len(records)
        return fetched

    def _require(self, place: TopicPartition) -> None:
        if place not in self.positions:
            raise IllegalStateError(f"{place} is not assigned")


def _raw(record: Record) -> ConsumerRecord[bytes, bytes]:
    key = None if record.key is None else record.key.encode()
    return ConsumerRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp_ms,
        timestamp_type=0,
        key=key,
        value=record.value,
        checksum=None,
        serialized_key_size=len(key or b""),
        serialized_value_size=len(record.value),
        headers=[(name, value.encode()) for name, value in record.headers.items()],
    )
