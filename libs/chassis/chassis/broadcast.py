"""A topic that every replica reads whole: configuration, live status."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import structlog
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Consumer as Kafka

from chassis.background import Pulse, unless_stopped
from chassis.broker import Broker, options_of
from chassis.consumer import FETCH_WAIT_MS, Record, record_of
from chassis.worker import Worker

log = structlog.get_logger()

POLL_S: Final = 0.25
ASK_LIMIT_S: Final = 10.0
MAX_RECORDS: Final = 500
QUEUED_MAX_KBYTES: Final = 8_192
WATCH_EVERY_S: Final = 2.0
WATCH_LIMIT_S: Final = 2.0
CLOSE_LIMIT_S: Final = 10.0
LEADER_PAUSE_S: Final = 0.1
LEADERLESS: Final = (
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
)


Ends = Mapping[int, int]
"""By partition, the offset of what comes next."""


class Broadcast:
    """Reads all partitions of one topic without a group, from the beginning by default.

    `handle` is called for every record, in order per key, and must not block; a tombstone has an
    empty value. What it raises is logged and the record skipped. After a reconnect everything
    comes again. `caught_up` is set when all that was in the topic at the start has been handled.
    `watch` is told every two seconds whether what was handled is behind what is in the topic, or
    the broker does not say; who asks for it and reads from now on knows when to ask elsewhere.
    """

    def __init__(
        self,
        *,
        bootstrap: Broker | str,
        topic: str,
        handle: Callable[[Record], None],
        from_beginning: bool = True,
        fetch_wait_ms: int = FETCH_WAIT_MS,
        watch: Callable[[bool], None] | None = None,
    ) -> None:
        self.caught_up = asyncio.Event()
        self.pulse = Pulse()
        self._bootstrap = bootstrap
        self._topic = topic
        self._handle = handle
        self._from_beginning = from_beginning
        self._fetch_wait_ms = fetch_wait_ms
        self._watch = watch

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, or until the broker is lost: `Background` starts it again then."""
        self.pulse.beat()
        reader = _Reader(self._bootstrap, self._topic, self._fetch_wait_ms)
        try:
            ends = await unless_stopped(stop, reader.start(from_beginning=self._from_beginning))
            if ends is not None:
                await self._read(reader, ends, stop)
        except KafkaException as error:
            log.warning("broadcast.interrupted", topic=self._topic, reason=repr(error))
        finally:
            self._tell(is_behind=True)
            await reader.close()

    async def _read(self, reader: "_Reader", ends: Ends, stop: asyncio.Event) -> None:
        seen, checked_at = ends, 0.0
        while not stop.is_set():
            if self._watch is not None and time.monotonic() - checked_at >= WATCH_EVERY_S:
                seen = await self._compare(reader, seen)
                checked_at = time.monotonic()
            if reader.has_read(ends):
                self.caught_up.set()
            records = await reader.poll()
            self.pulse.beat()
            for record in records:
                self._handle_one(record)

    async def _compare(self, reader: "_Reader", before: Ends) -> Ends:
        """Where the partitions end now; behind is who has not reached where they ended before."""
        try:
            ends = await reader.ends(WATCH_LIMIT_S)
        except KafkaException:
            self._tell(is_behind=True)
            return before
        self._tell(is_behind=not reader.has_read(before))
        return ends

    def _tell(self, *, is_behind: bool) -> None:
        if self._watch is not None:
            self._watch(is_behind)

    def _handle_one(self, record: Record) -> None:
        try:
            self._handle(record)
        except Exception:  # One bad record must not keep the replica from all the others.
            log.exception(
                "broadcast.refused", topic=record.topic, key=record.key, offset=record.offset
            )


class _Reader:
    """All partitions of a topic, read on a thread of its own, from a position that we choose: what
    librdkafka takes for one, where it has none, would silently skip what is there."""

    def __init__(self, bootstrap: Broker | str, topic: str, fetch_wait_ms: int) -> None:
        self._topic = topic
        self._next: dict[int, int] = {}
        self._worker = Worker(f"broadcast {topic}")
        self._kafka = Kafka(
            {
                **options_of(bootstrap),
                "group.id": "none",  # It has to be given; nothing is ever committed.
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": True,
                "fetch.wait.max.ms": fetch_wait_ms,
                "queued.max.messages.kbytes": QUEUED_MAX_KBYTES,
            }
        )

    async def start(self, *, from_beginning: bool) -> Ends:
        """Take the first position in each partition; answers where each one ends now."""
        return await self._worker.call(lambda: self._start(from_beginning))

    async def poll(self) -> list[Record]:
        """What there is; nothing after a quarter of a second."""
        return await self._worker.call(self._poll)

    async def ends(self, limit_s: float) -> Ends:
        return await self._worker.call(lambda: self._offsets(self._next, OFFSET_END, limit_s))

    def has_read(self, ends: Ends) -> bool:
        return all(self._next[partition] >= end for partition, end in ends.items())

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._worker.call(self._kafka.close)
        except (TimeoutError, KafkaException) as error:
            log.warning("broadcast.stop_failed", topic=self._topic, reason=repr(error))
        finally:
            self._worker.end()

    # ── on the worker's thread ────────────────────────────────────────────────────────────────

    def _start(self, from_beginning: bool) -> Ends:
        first, ends = self._bounds(time.monotonic() + ASK_LIMIT_S)
        self._next = dict(first if from_beginning else ends)
        self._kafka.assign([TopicPartition(self._topic, *place) for place in self._next.items()])
        return ends

    def _bounds(self, give_up_at: float) -> tuple[Ends, Ends]:
        """A topic that has just been made has no leaders for a moment."""
        while True:
            try:
                partitions = self._partitions()
                return (
                    self._offsets(partitions, OFFSET_BEGINNING, ASK_LIMIT_S),
                    self._offsets(partitions, OFFSET_END, ASK_LIMIT_S),
                )
            except KafkaException as error:
                if error.args[0].code() not in LEADERLESS or time.monotonic() > give_up_at:
                    raise
            time.sleep(LEADER_PAUSE_S)

    def _partitions(self) -> list[int]:
        known = self._kafka.list_topics(self._topic, timeout=ASK_LIMIT_S).topics[self._topic]
        if known.error is not None:
            raise KafkaException(known.error)
        return list(known.partitions)

    def _offsets(self, partitions: Iterable[int], which: int, limit_s: float) -> Ends:
        asked = [TopicPartition(self._topic, number, which) for number in partitions]
        answers = self._kafka.offsets_for_times(asked, timeout=limit_s)
        for each in answers:
            if each.error is not None:
                raise KafkaException(each.error)
        return {each.partition: each.offset for each in answers}

    def _poll(self) -> list[Record]:
        first = self._kafka.poll(POLL_S)
        if first is None:
            return []
        records = []
        for message in (first, *self._kafka.consume(MAX_RECORDS - 1, 0)):
            if (error := message.error()) is not None:
                self._note(error)
                continue
            record = record_of(message)
            records.append(record)
            self._next[record.partition] = record.offset + 1
        return records

    def _note(self, error: KafkaError) -> None:
        """One that passes is librdkafka's to get over; also that nobody is let into this group."""
        if error.fatal():
            raise KafkaException(error)
        log.warning("broadcast.trouble", topic=self._topic, reason=error.str())
