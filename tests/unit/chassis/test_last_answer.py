"""Kafka's silence: an answer counts where something could be told by it."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.broker import METADATA_AGE_MS, Broker, options_of
from chassis.consumer.last_answer import LastAnswer


class FetchRequest:
    pass


class HeartbeatRequest:
    pass


class Kafka:
    """Of aiokafka's consumer what is asked here."""

    def __init__(self, topics: set[str], *, assigned: int) -> None:
        self.topics = topics
        cluster = SimpleNamespace(
            partitions_for_topic=lambda topic: {0, 1} if topic in topics else None
        )
        self._client = SimpleNamespace(cluster=cluster, send=self._answer)
        self.assignment = lambda: set(range(assigned))
        self.subscription = lambda: {"results", "commands"}

    async def _answer(self, node_id: int, request: Any) -> None:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("topics", "assigned", "request_", "is_answer"),
    [
        ({"results", "commands"}, 2, FetchRequest(), True),
        ({"results", "commands"}, 2, HeartbeatRequest(), False),
        ({"results", "commands"}, 0, HeartbeatRequest(), True),
        # The brokers were there before their topics: a member without partitions hears nothing.
        (set(), 0, HeartbeatRequest(), False),
        # One of two is missing: fetches of the other say nothing of it.
        ({"results"}, 1, FetchRequest(), False),
    ],
)
async def test_an_answer_counts_where_all_topics_are_there(
    topics: set[str], assigned: int, request_: Any, is_answer: bool
) -> None:
    kafka: Any = Kafka(topics, assigned=assigned)
    last = LastAnswer()
    last.listen(kafka)
    began_at = time.monotonic()
    await kafka._client.send(0, request_)
    assert (time.monotonic() - last.age_s() > began_at + 0.01) is is_answer


def test_every_client_looks_for_new_topics_soon() -> None:
    for broker in ("kafka:9092", Broker("kafka:9092"), Broker("kafka:9092", "tls")):
        assert options_of(broker)["metadata_max_age_ms"] == METADATA_AGE_MS
