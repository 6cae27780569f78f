"""What is committed of a group, and when the next fetch may follow."""

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.metadata import MetadataRequest

from chassis.consumer import commits as commits_module
from chassis.consumer.commits import Commits
from chassis.consumer.pace import Pace

FIRST, SECOND = TopicPartition("t", 0), TopicPartition("t", 1)
FETCH = FetchRequest(500, 1, 1_000_000, 0, [])
OTHER = MetadataRequest([])


class Kafka:
    """A member that keeps what is committed, and when what was sent."""

    def __init__(self) -> None:
        self.committed: list[dict[TopicPartition, int]] = []
        self.sent_at: list[float] = []
        self.failure: Exception | None = None
        self.was_committed = asyncio.Event()
        self._client = self

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if self.failure is not None:
            raise self.failure
        self.committed.append(offsets)
        self.was_committed.set()

    async def send(self, node_id: int, request: Any, **options: Any) -> None:
        self.sent_at.append(asyncio.get_running_loop().time())


def commits_of(kafka: Any) -> Commits:
    return Commits(kafka, "group")


async def test_batches_of_a_moment_are_committed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits_module, "EVERY_S", 0.01)
    kafka = Kafka()
    commits = commits_of(kafka)
    running = asyncio.ensure_future(commits.run())
    for offsets in ({FIRST: 3}, {SECOND: 1}, {FIRST: 7}):
        commits.note(offsets)
    await kafka.was_committed.wait()
    running.cancel()
    assert kafka.committed == [{FIRST: 7, SECOND: 1}]


async def test_nothing_is_committed_that_was_not_noted() -> None:
    kafka = Kafka()
    commits = commits_of(kafka)
    await commits.flush()
    commits.note({FIRST: 3})
    await commits.flush()
    await commits.flush()
    assert kafka.committed == [{FIRST: 3}]


@pytest.mark.parametrize(
    "failure", [KafkaError("away"), CommitFailedError("moved"), TimeoutError()]
)
async def test_what_cannot_be_committed_stops_nothing(failure: Exception) -> None:
    kafka = Kafka()
    commits = commits_of(kafka)
    kafka.failure = failure
    commits.note({FIRST: 3})
    await commits.flush()
    kafka.failure = None
    commits.note({FIRST: 5})
    await commits.flush()
    assert kafka.committed == [{FIRST: 5}]


async def test_fetches_keep_their_distance_and_nothing_else_waits() -> None:
    kafka: Any = Kafka()
    Pace(0.05).hold(kafka)
    for request in (FETCH, FETCH, OTHER):
        await kafka.send(1, request)
    first, second, _ = kafka.sent_at
    assert second - first >= 0.05
    await kafka.send(2, FETCH)  # another broker
    assert len(kafka.sent_at) == 4


async def test_the_first_fetch_after_a_rest_waits_for_nothing() -> None:
    kafka: Any = Kafka()
    Pace(3600).hold(kafka)
    async with asyncio.timeout(5):
        await kafka.send(1, FETCH)
