"""A topic that every replica reads whole: configuration, live status."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.background import Pulse, unless_stopped
from chassis.broker import Broker, follow, options_of
from chassis.consumer import FETCH_WAIT_MS, Record, leave, record_of
from chassis.consumer.patience import IDLE_WAIT_MS, REFRESH_MS, Patience

log = structlog.get_logger()

POLL_MS = 1_000
REQUEST_LIMIT_MS = 20_000
MAX_RECORDS = 500
WATCH_EVERY_S = 2.0
WATCH_LIMIT_S = 2.0


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
        self._options: dict[str, Any] = {}
        self._topic = topic
        self._handle = handle
        self._from_beginning = from_beginning
        self._fetch_wait_ms = fetch_wait_ms
        self._watch = watch

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, or until the broker is lost: `Background` starts it again then."""
        self.pulse.beat()
        self._options = options_of(self._bootstrap)
        kafka = AIOKafkaConsumer(
            self._topic,
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            # Never "latest": a reset of the position would silently skip what is there.
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_LIMIT_MS,
            fetch_max_wait_ms=self._fetch_wait_ms,
            consumer_timeout_ms=REFRESH_MS,
        )
        try:
            ends = await unless_stopped(stop, self._begin(kafka))
            if ends is not None:
                await self._read(kafka, ends, stop)
        except KafkaError as error:
            log.warning("broadcast.interrupted", topic=self._topic, reason=repr(error))
        finally:
            self._tell(is_behind=True)
            await leave(kafka)

    async def _begin(self, kafka: AIOKafkaConsumer) -> Mapping[TopicPartition, int]:
        """Take the first position in each partition; answers where each one ends now."""
        await kafka.start()
        partitions = kafka.assignment()
        first = await kafka.beginning_offsets(partitions)
        ends: Mapping[TopicPartition, int] = await kafka.end_offsets(partitions)
        for partition in partitions:
            kafka.seek(partition, (first if self._from_beginning else ends)[partition])
        return ends

    async def _read(
        self, kafka: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], stop: asyncio.Event
    ) -> None:
        seen, checked_at, patience = ends, 0.0, Patience(self._fetch_wait_ms, IDLE_WAIT_MS)
        while not stop.is_set():
            if self._watch is not None and time.monotonic() - checked_at >= WATCH_EVERY_S:
                seen = await self._compare(kafka, seen)
                checked_at = time.monotonic()
            if not self.caught_up.is_set() and await unless_stopped(stop, _has_read(kafka, ends)):
                self.caught_up.set()
            batches = await unless_stopped(
                stop, kafka.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            )
            self.pulse.beat()
            follow(self._bootstrap, self._options)
            patience.after(kafka, found=bool(batches))
            for raws in (batches or {}).values():
                for raw in raws:
                    self._handle_one(record_of(raw))

    async def _compare(
        self, kafka: AIOKafkaConsumer, before: Mapping[TopicPartition, int]
    ) -> Mapping[TopicPartition, int]:
        """Where the partitions end now; behind is who has not reached where they ended before."""
        try:
            async with asyncio.timeout(WATCH_LIMIT_S):
                ends: Mapping[TopicPartition, int] = await kafka.end_offsets(list(before))
                self._tell(is_behind=not await _has_read(kafka, before))
        except (TimeoutError, KafkaError):
            self._tell(is_behind=True)
            return before
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


async def _has_read(kafka: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    for partition, end in ends.items():
        if await kafka.position(partition) < end:
            return False
    return True
