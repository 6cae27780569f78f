"""A consumer that rests for larger batches goes on at once while it is behind."""

import time

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from chassis.consumer import Consumer

REST_S = 0.2
PLACE = TopicPartition("t", 0)


class Kafka:
    """Of which `waiting` records are not read yet."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting

    def assignment(self) -> set[TopicPartition]:
        return {PLACE}

    def highwater(self, _: TopicPartition) -> int:
        return 1 + self._waiting

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        assert offsets == {PLACE: 1}


def record(age_s: float) -> ConsumerRecord:
    written_ms = int((time.time() - age_s) * 1000)
    return ConsumerRecord("t", 0, 0, written_ms, 0, b"k", b"v", None, 1, 1, ())


async def ignore(_: object) -> None:
    pass


async def up() -> bool:
    return True


@pytest.mark.parametrize(
    ("age_s", "waiting", "rest_s"),
    [(0.0, 0, REST_S), (0.0, 9, REST_S), (60.0, 0, REST_S), (60.0, 9, 0.0)],
)
async def test_it_rests_only_while_abreast(age_s: float, waiting: int, rest_s: float) -> None:
    consumer = Consumer(
        bootstrap="nowhere:9",
        group="g",
        topics=["t"],
        decode=lambda record: record.value,
        apply=ignore,
        dead_letter=ignore,
        healthy=up,
        rest_s=REST_S,
    )
    kafka, batch = Kafka(waiting), {PLACE: [record(age_s)]}
    assert await consumer._handle(kafka, batch) == rest_s
