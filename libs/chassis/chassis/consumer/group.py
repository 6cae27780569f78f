"""One member of a consumer group: nothing is committed that was not applied, nothing is skipped.

Source: aiokafka 0.14 (`getmany` moves the position even when the work fails, and a bare
`commit()` commits it: hence the explicit seeks and offsets here).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from prometheus_client import Counter, Gauge

from chassis.background import Pulse, pause, unless_stopped
from chassis.broker import Broker, follow, options_of
from chassis.consumer.filling import fill
from chassis.consumer.lag import Lag
from chassis.consumer.last_answer import LastAnswer
from chassis.consumer.membership import Handover, leave
from chassis.consumer.patience import FETCH_WAIT_MS, IDLE_WAIT_MS, REFRESH_MS, Patience
from chassis.consumer.records import DeadRecord, Record, dead, record_of
from chassis.database import is_passing

log = structlog.get_logger()

LAG = Gauge("paymesh_consumer_lag_records", "Records not applied yet", ["group"])
APPLIED = Counter("paymesh_consumer_applied_records", "Records applied", ["group"])
FAILED = Counter("paymesh_consumer_failed_batches", "Batches that failed and come again", ["group"])
LAG_S = Gauge(
    "paymesh_consumer_lag_seconds",
    "Age of the last record applied where more wait: of the partition that is furthest behind",
    ["group"],
)
POLL_AGE_S = Gauge(
    "paymesh_last_poll_age_seconds",
    "Since Kafka last answered a fetch of the group's member",
    ["group"],
)
DEAD = Counter("paymesh_dead_events", "Records that could not be applied", ["group"])

POLL_MS = 1_000  # A record ends it at once; the rest is for pulse and measures.
REQUEST_LIMIT_MS = 20_000
HEARTBEAT_MAX_MS = 5_000
COMMIT_LIMIT_S = 10.0
STALLED_S = 120.0
BACKOFF_FIRST_S, BACKOFF_MAX_S = 0.1, 10.0
SUSPECT_AFTER = 3  # Failures of a batch before one of its records is suspected.
ALONE_TRIES = 3  # Tries of a suspected record by itself: a lock conflict is not poison.
ALONE_PAUSE_S = 0.1
DEAD_LETTER_LIMIT = 10  # Dead letters in a row without a success: the fault is ours, so no more.

T = TypeVar("T")
Batches = Mapping[TopicPartition, Sequence[ConsumerRecord]]


class EverythingIsPoison(Exception):
    """So many records in a row could not be applied that the fault must be ours."""


class Consumer(Generic[T]):
    """One member of a consumer group.

    `decode` turns a record into what `apply` takes; a record for which it raises is dead-lettered,
    whatever became of others where it raises one of `hopeless`: what no release would take.
    `apply` gets a whole batch, in order per key, and runs it in ONE transaction of its own. When
    it raises, the batch comes again after 0.1 → 10 s; so it must be idempotent. After three
    failures the batch is halved until the poison record stands alone and is dead-lettered. What
    passes by itself (`chassis.database.is_passing`: locks, time-outs, a table that is not there) is
    no poison, and is tried again for ever. After ten dead letters in a row no more are made until
    a record is applied: the fault is probably ours. What can be applied still is, and `blocked`
    says how many records wait for people.
    `dead_letter` keeps dead records (`dead_letter_in` in a transaction); it may be called again for
    the same.
    `healthy` tells whether the database is up: while it is not, no record is blamed.
    `fetch_wait_ms`, and `idle_wait_ms` when nothing happens: see `Patience`.
    `rest_s`: how long it rests after a batch that was not full, so that the next is larger, where
    to be up to date costs more than it is worth. What waits already is gathered for one batch.
    """

    def __init__(
        self,
        *,
        bootstrap: Broker | str,
        group: str,
        topics: Sequence[str],
        decode: Callable[[Record], T],
        apply: Callable[[Sequence[T]], Awaitable[None]],
        dead_letter: Callable[[Sequence[DeadRecord]], Awaitable[None]],
        healthy: Callable[[], Awaitable[bool]],
        member_id: str | None = None,
        session_timeout_ms: int = 30_000,
        fetch_wait_ms: int = FETCH_WAIT_MS,
        idle_wait_ms: int = IDLE_WAIT_MS,
        max_records: int = 500,
        rest_s: float = 0.0,
        hopeless: tuple[type[Exception], ...] = (),
    ) -> None:
        self.pulse = Pulse()
        self.blocked = 0
        self._bootstrap = bootstrap
        self._options: dict[str, Any] = {}
        self._group = group
        self._topics = list(topics)
        self._decode = decode
        self._apply = apply
        self._dead_letter = dead_letter
        self._healthy = healthy
        self._member_id = member_id
        self._session_timeout_ms = session_timeout_ms
        self._fetch_wait_ms = fetch_wait_ms
        self._patience = Patience(fetch_wait_ms, idle_wait_ms)
        self._max_records = max_records
        self._rest_s = rest_s
        self._hopeless = hopeless
        self._working = asyncio.Lock()  # Held while a batch is applied and committed.
        self._next: dict[TopicPartition, int] = {}  # The first offset not applied yet.
        self._lag = Lag[TopicPartition]()
        self._failures = 0
        self._dead_in_a_row: set[tuple[str, int, int]] = set()  # Where they are.
        self._held: list[DeadRecord] = []  # Poison that is beyond the limit.
        self._last_answer = LastAnswer()
        POLL_AGE_S.labels(group).set_function(self._last_answer.age_s)

    @property
    def lag(self) -> int:
        return self._lag.records

    @property
    def lag_s(self) -> float:
        """How old the last record is that was applied of the partition that is furthest behind; 0
        while none waits."""
        return self._lag.age_s()

    @property
    def silence_s(self) -> float:
        """How long Kafka has answered no fetch; 0 while none is asked for."""
        return self._last_answer.age_s()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`, or until the broker is lost: `Background` starts it again then."""
        self.pulse.beat()
        kafka = self._member()
        self._last_answer.listen(kafka)
        try:
            await unless_stopped(stop, kafka.start())
            await self._read(kafka, stop)
        except KafkaError as error:
            log.warning("consumer.interrupted", group=self._group, reason=repr(error))
        finally:
            if stop.is_set():
                self._last_answer.rest()
            await leave(kafka)

    async def _read(self, kafka: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        moved_at = time.monotonic()
        while not stop.is_set():
            # The lock is not held here: getmany waits for a rebalance, which waits for the lock.
            batches = await unless_stopped(
                stop, kafka.getmany(timeout_ms=POLL_MS, max_records=self._max_records)
            )
            self.pulse.beat()
            follow(self._bootstrap, self._options)
            self._patience.after(kafka, found=bool(batches))
            if batches and self._rest_s:
                await fill(batches, kafka, most=self._max_records)
            if batches and (wait_s := await self._handle(kafka, batches)):
                await pause(stop, wait_s)
            self._measure(kafka)
            if batches or not self.lag:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > STALLED_S:
                log.error("consumer.stalled", group=self._group, lag=self.lag)
                return

    async def _handle(self, kafka: AIOKafkaConsumer, batches: Batches) -> float:
        """Apply and commit, or go back to where the batch began; how long to wait then."""
        async with self._working:
            self._next.update({tp: raws[0].offset for tp, raws in batches.items()})
            records = [record_of(raw) for raws in batches.values() for raw in raws]
            try:
                await self._process(records)
            except Exception:  # Nothing is lost: the batch is read and applied again.
                log.exception("consumer.batch_failed", group=self._group, records=len(records))
                FAILED.labels(self._group).inc()
                self._failures += 1
                self._seek_back(kafka, batches)
                return self._backoff_s()
            self._failures = 0
            for tp, raws in batches.items():
                self._lag.applied(tp, raws[-1].timestamp)
            APPLIED.labels(self._group).inc(len(records))
            await self._commit(kafka, {tp: raws[-1].offset + 1 for tp, raws in batches.items()})
            return self._rest_s if len(records) < self._max_records else 0.0

    async def _process(self, records: Sequence[Record]) -> None:
        values: list[tuple[Record, T]] = []
        hopeless: list[DeadRecord] = []
        unreadable: list[DeadRecord] = []
        for record in records:
            try:
                values.append((record, self._decode(record)))
            except Exception as error:
                log.exception("consumer.unreadable", **_place(record))
                group = hopeless if isinstance(error, self._hopeless) else unreadable
                group.append(dead(record, error))
        if hopeless:
            await self._bury(hopeless)
        self._held = []
        if unreadable:
            await self._set_aside(unreadable)
        if values and self._failures >= SUSPECT_AFTER:
            await self._apply_around_poison(values)
        elif values:
            await self._apply_values(values)
        await self._release()

    async def _set_aside(self, unreadable: Sequence[DeadRecord]) -> None:
        """Within the limit: a newer release than ours may have written these, and reads them."""
        dead_already = self._dead_in_a_row
        news = [one for one in unreadable if _whereabouts(one.record) not in dead_already]
        room = max(0, DEAD_LETTER_LIMIT - len(dead_already))
        buried, self._held = news[:room], news[room:]
        if buried:
            await self._bury(buried)
            dead_already.update(_whereabouts(one.record) for one in buried)

    async def _apply_values(self, values: Sequence[tuple[Record, T]]) -> None:
        await self._apply([value for _, value in values])
        self._dead_in_a_row.clear()
        self.blocked = 0

    async def _apply_around_poison(self, values: Sequence[tuple[Record, T]]) -> None:
        """Apply what can be applied, in order; keep what fails alone while the database is up."""
        self.pulse.beat()
        try:
            await self._apply_values(values)
            return
        except Exception as error:
            if is_passing(error) or not await self._healthy():
                raise
            if len(values) == 1:
                await self._try_alone(*values[0], error)
                return
        middle = len(values) // 2
        await self._apply_around_poison(values[:middle])
        await self._apply_around_poison(values[middle:])

    async def _try_alone(self, record: Record, value: T, error: Exception) -> None:
        if len(self._dead_in_a_row) >= DEAD_LETTER_LIMIT:
            self._held.append(dead(record, error))
            return
        for _ in range(ALONE_TRIES - 1):
            await asyncio.sleep(ALONE_PAUSE_S)
            try:
                await self._apply_values([(record, value)])
                return
            except Exception as repeated:
                if is_passing(repeated) or not await self._healthy():
                    raise
                error = repeated
        self._dead_in_a_row.add(_whereabouts(record))
        await self._bury([dead(record, error)])

    async def _release(self) -> None:
        """What was beyond the limit is poison after all where its neighbours could be applied.

        Raises EverythingIsPoison where none could.
        """
        if not self._held:
            return
        if len(self._dead_in_a_row) >= DEAD_LETTER_LIMIT:
            self.blocked = len(self._held)
            raise EverythingIsPoison(self._held[0].error)
        await self._bury(self._held)

    async def _bury(self, records: Sequence[DeadRecord]) -> None:
        await self._dead_letter(records)
        DEAD.labels(self._group).inc(len(records))
        for letter in records:
            log.error("consumer.dead_letter", error=letter.error, **_place(letter.record))

    def _seek_back(self, kafka: AIOKafkaConsumer, batches: Batches) -> None:
        for tp, raws in batches.items():
            try:
                kafka.seek(tp, raws[0].offset)
            except IllegalStateError:
                log.info("consumer.partition_gone", group=self._group, partition=str(tp))

    async def _commit(self, kafka: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        """Commit exactly these; what is not committed comes again, which is harmless."""
        self._next.update(offsets)
        try:
            async with asyncio.timeout(COMMIT_LIMIT_S):
                await kafka.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("consumer.partitions_moved", group=self._group, reason=repr(error))
        except (KafkaError, TimeoutError) as error:
            log.warning("consumer.not_committed", group=self._group, reason=repr(error))

    def _backoff_s(self) -> float:
        longest_s = min(BACKOFF_FIRST_S * 2.0 ** (self._failures - 1), BACKOFF_MAX_S)
        return longest_s * random.uniform(0.5, 1)

    def _measure(self, kafka: AIOKafkaConsumer) -> None:
        known = [tp for tp in kafka.assignment() if tp in self._next]
        self._lag.measure({tp: max(0, (kafka.highwater(tp) or 0) - self._next[tp]) for tp in known})
        LAG.labels(self._group).set(self.lag)
        LAG_S.labels(self._group).set(self.lag_s)

    def _member(self) -> AIOKafkaConsumer:
        self._options = options_of(self._bootstrap)
        kafka = AIOKafkaConsumer(
            **self._options,
            client_id=self._member_id or self._group,
            group_id=self._group,
            group_instance_id=self._member_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_LIMIT_MS,
            fetch_max_wait_ms=self._fetch_wait_ms,
            consumer_timeout_ms=REFRESH_MS,
            partition_assignment_strategy=[StickyPartitionAssignor],
            session_timeout_ms=self._session_timeout_ms,
            heartbeat_interval_ms=min(HEARTBEAT_MAX_MS, self._session_timeout_ms // 3),
        )
        kafka.subscribe(topics=self._topics, listener=Handover(self._working, self._next))
        return kafka


def _whereabouts(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _place(record: Record) -> dict[str, object]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}
