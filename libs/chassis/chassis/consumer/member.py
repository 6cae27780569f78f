"""One member of a consumer group, as librdkafka knows it, on a thread of its own.

Partitions come and go only while it polls, so a batch that is being worked on is never taken away:
whoever gets the partition waits until the next poll, at most `MAX_POLL_MS`.

Source: confluent-kafka 2.16 (librdkafka's CONFIGURATION.md)
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from confluent_kafka import Consumer as Kafka
from confluent_kafka import KafkaException, Message, TopicPartition

from chassis.broker import Broker, options_of
from chassis.consumer.records import Place, Record, record_of
from chassis.worker import Worker

log = structlog.get_logger()

POLL_S: Final = 0.25
"""A record ends a poll at once. The rest is how long a stop may take to be noticed."""

MAX_POLL_MS: Final = 120_000
HEARTBEAT_MAX_MS: Final = 5_000
STATISTICS_MS: Final = 2_000
QUEUED_MAX_KBYTES: Final = 8_192
LEAVE_LIMIT_S: Final = 10.0

Batches = Mapping[Place, Sequence[Record]]


class Member:
    """`fetch_wait_ms`: how long the broker may keep a fetch that finds nothing.

    librdkafka's consumer lets one caller in at a time, so nothing but its worker ever calls it: the
    loop would stand still until a call to a broker that is away has ended.
    """

    def __init__(
        self,
        bootstrap: Broker | str,
        *,
        group: str,
        topics: Sequence[str],
        member_id: str | None,
        session_timeout_ms: int,
        fetch_wait_ms: int,
    ) -> None:
        self._group = group
        self._topics = list(topics)
        self._assigned: set[Place] = set()
        self._next: dict[Place, int] = {}  # The first offset that is not dealt with.
        self._ends: dict[Place, int] = {}  # The offset of what comes next.
        self._worker = Worker(f"consumer {group}")
        self._answered_at = self._polled_at = time.monotonic()
        self._is_polling = False
        options = {
            **options_of(bootstrap),
            "client.id": member_id or group,
            "group.id": group,
            **({"group.instance.id": member_id} if member_id else {}),
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "allow.auto.create.topics": True,
            "partition.assignment.strategy": "roundrobin",
            "session.timeout.ms": session_timeout_ms,
            "heartbeat.interval.ms": min(HEARTBEAT_MAX_MS, session_timeout_ms // 3),
            "max.poll.interval.ms": max(MAX_POLL_MS, session_timeout_ms),
            "fetch.wait.max.ms": fetch_wait_ms,
            "queued.max.messages.kbytes": QUEUED_MAX_KBYTES,
            "statistics.interval.ms": STATISTICS_MS,
            "stats_cb": self._take_statistics,
            "on_commit": self._note_commit,
        }
        self._kafka = Kafka(options)

    @property
    def silence_s(self) -> float:
        """How long no broker has said anything, of the time in which this polled."""
        now = time.monotonic() if self._is_polling else self._polled_at
        return max(0.0, now - self._answered_at)

    async def start(self) -> None:
        await self._worker.call(self._subscribe)

    async def poll(self, max_records: int) -> Batches:
        """What there is, each partition in order; nothing after a quarter of a second. Its
        partitions may be others afterwards. Raises KafkaException when it can go on no more."""
        return await self._worker.call(lambda: self._poll(max_records))

    async def seek(self, positions: Mapping[Place, int]) -> None:
        """Read on from here; a partition that is gone is somebody else's to read."""
        await self._worker.call(lambda: self._seek(positions))

    async def commit(self, positions: Mapping[Place, int]) -> None:
        """Exactly these, whose records are dealt with; it is sent, and before its partitions go to
        another member it has arrived. What is not committed comes again. May raise KafkaException.
        """
        self._next.update(positions)
        offsets = [TopicPartition(*place, offset) for place, offset in positions.items()]
        await self._worker.call(lambda: self._kafka.commit(offsets=offsets, asynchronous=True))

    def lag(self) -> int:
        """How many records wait in its partitions, as far as it knew when it last polled."""
        return sum(max(0, end - self._next[place]) for place, end in self._ends.items())

    async def leave(self) -> None:
        """Within a limit, whatever state it is in."""
        try:
            async with asyncio.timeout(LEAVE_LIMIT_S):
                await self._worker.call(self._kafka.close)
        except (TimeoutError, KafkaException) as error:
            log.warning("consumer.stop_failed", group=self._group, reason=repr(error))
        finally:
            self._worker.end()

    # ── on the worker's thread ────────────────────────────────────────────────────────────────

    def _subscribe(self) -> None:
        self._kafka.subscribe(self._topics, on_assign=self._assign, on_revoke=self._revoke)

    def _poll(self, max_records: int) -> Batches:
        now = time.monotonic()
        self._answered_at += now - self._polled_at
        self._is_polling = True
        try:
            messages = self._messages(max_records)
        finally:
            self._is_polling, self._polled_at = False, time.monotonic()
        batches: dict[Place, list[Record]] = {}
        for message in messages:
            if (error := message.error()) is not None:
                self._note(error)
                continue
            record = record_of(message)
            place = Place(record.topic, record.partition)
            if place in self._assigned:
                batches.setdefault(place, []).append(record)
        self._next.update({place: records[0].offset for place, records in batches.items()})
        self._ends = {place: self._end(place) for place in self._assigned & self._next.keys()}
        return batches

    def _messages(self, max_records: int) -> list[Message]:
        """The first wakes us; the others are there already."""
        first = self._kafka.poll(POLL_S)
        if first is None:
            return []
        self._answered_at = time.monotonic()
        more = self._kafka.consume(max_records - 1, 0) if max_records > 1 else []
        return [first, *more]

    def _seek(self, positions: Mapping[Place, int]) -> None:
        for place, offset in positions.items():
            if place not in self._assigned:
                log.info("consumer.partition_gone", group=self._group, partition=str(place))
                continue
            self._kafka.seek(TopicPartition(*place, offset))

    def _assign(self, _: Kafka, partitions: Sequence[TopicPartition]) -> None:
        self._assigned = {Place(each.topic, each.partition) for each in partitions}
        self._next.clear()  # Another member may have gone on meanwhile.
        names = sorted(f"{place.topic}/{place.partition}" for place in self._assigned)
        log.info("consumer.assigned", group=self._group, partitions=names)

    def _revoke(self, _: Kafka, partitions: Sequence[TopicPartition]) -> None:
        self._assigned = set()

    def _note(self, error: Any) -> None:
        if error.fatal():
            raise KafkaException(error)
        log.warning("consumer.trouble", group=self._group, reason=str(error))

    def _note_commit(self, error: Any, offsets: Sequence[TopicPartition]) -> None:
        errors = [error, *(each.error for each in offsets)]
        for reason in {str(each) for each in errors if each is not None}:
            log.warning("consumer.not_committed", group=self._group, reason=reason)

    def _take_statistics(self, statistics: str) -> None:
        """Every two seconds: how long ago each broker said anything, in µs."""
        brokers = json.loads(statistics)["brokers"].values()
        idle = [each["rxidle"] for each in brokers if each["nodeid"] >= 0 and each["rxidle"] >= 0]
        if idle:
            self._answered_at = max(self._answered_at, time.monotonic() - min(idle) / 1_000_000)

    def _end(self, place: Place) -> int:
        """The offset of what comes next, as the last fetch told."""
        _, end = self._kafka.get_watermark_offsets(TopicPartition(*place), cached=True)
        return max(0, int(end))
