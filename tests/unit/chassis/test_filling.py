"""A consumer that rests makes one batch of what waits, however little a broker gives at a time."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from chassis.consumer import Consumer

FIRST, SECOND = TopicPartition("t", 0), TopicPartition("t", 1)

Chunk = dict[TopicPartition, list[ConsumerRecord]]


class Kafka:
    """Gives these chunks, one at a time; `ends`: how many records each partition has."""

    def __init__(self, chunks: Sequence[Chunk], ends: dict[TopicPartition, int]) -> None:
        self._chunks = list(chunks)
        self._ends = ends
        self._fetcher = SimpleNamespace()
        self.left = asyncio.Event()

    async def getmany(self, *, timeout_ms: int, max_records: int) -> Chunk:
        if not self._chunks:
            self.left.set()
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        chunk = self._chunks.pop(0)
        assert sum(map(len, chunk.values())) <= max_records
        return chunk

    def highwater(self, tp: TopicPartition) -> int | None:
        return self._ends.get(tp)

    def assignment(self) -> set[TopicPartition]:
        return set(self._ends)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        pass


def records(tp: TopicPartition, *offsets: int) -> list[ConsumerRecord]:
    return [
        ConsumerRecord(tp.topic, tp.partition, n, 0, 0, b"k", b"%d" % n, None, 1, 1, ())
        for n in offsets
    ]


async def up() -> bool:
    return True


async def ignore(_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("chunks", "ends", "rest_s", "batches"),
    [
        (
            [{FIRST: records(FIRST, 0)}, {FIRST: records(FIRST, 1), SECOND: records(SECOND, 0)}],
            {FIRST: 2, SECOND: 1},
            0.01,
            [["0", "1", "0"]],
        ),
        (
            [{FIRST: records(FIRST, 0)}, {FIRST: records(FIRST, 1)}],
            {FIRST: 1},
            0.01,
            [["0"], ["1"]],
        ),
        ([{FIRST: records(FIRST, 0)}, {FIRST: records(FIRST, 1)}], {FIRST: 2}, 0.0, [["0"], ["1"]]),
        (
            [{FIRST: records(FIRST, 0, 1)}, {FIRST: records(FIRST, 2)}, {FIRST: records(FIRST, 3)}],
            {FIRST: 4},
            0.01,
            [["0", "1", "2"], ["3"]],
        ),
        ([{FIRST: records(FIRST, 0)}], {FIRST: 2}, 0.01, [["0"]]),
    ],
    ids=["what waits", "what is new", "without rests", "full", "what does not come"],
)
async def test_batch_holds_what_waits(
    chunks: Sequence[Chunk],
    ends: dict[TopicPartition, int],
    rest_s: float,
    batches: list[list[str]],
) -> None:
    applied: list[list[str]] = []
    is_applied = asyncio.Event()

    async def apply(values: Sequence[str]) -> None:
        applied.append(list(values))
        if len(applied) == len(batches):
            is_applied.set()

    consumer = Consumer(
        bootstrap="nowhere:9",
        group="g",
        topics=["t"],
        decode=lambda record: record.value.decode(),
        apply=apply,
        dead_letter=ignore,
        healthy=up,
        max_records=3,
        rest_s=rest_s,
    )
    kafka, stop = Kafka(chunks, ends), asyncio.Event()
    reading = asyncio.create_task(consumer._read(kafka, stop))
    await kafka.left.wait()
    await is_applied.wait()
    stop.set()
    await reading
    assert applied == batches
