"""Publishing to Kafka: idempotent, batched, awaited, and never stuck for ever."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerClosed
from aiokafka.partitioner import murmur2
from prometheus_client import Counter

from chassis.broker import Broker, options_of

log = structlog.get_logger()

NOT_PUBLISHED = Counter(
    "paymesh_kafka_not_published", "Messages that Kafka did not confirm", ["topic"]
)
REPLACED = Counter("paymesh_kafka_producer_replaced", "Times the producer was stuck and replaced")

LINGER_MS = 2  # Long enough for concurrent sends to share a batch, too short to be noticed.
MAX_BATCH_BYTES = 131_072
TOPIC_LIMIT_S = 3.0  # A topic that is not known within this time does not exist yet.
DISCARD_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Message:
    """One record; messages of one `key` keep their order. An empty `value` is a tombstone."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class NotPublished(Exception):
    """Kafka did not confirm the message in time: it may or may not have arrived.

    `unpublishable` tells that the message itself is at fault, so that no retry will help.
    """

    def __init__(self, topic: str, reason: str, *, unpublishable: bool = False) -> None:
        super().__init__(f"{topic}: {reason}")
        self.topic = topic
        self.unpublishable = unpublishable


Handed: TypeAlias = "asyncio.Future[object] | NotPublished"


class Producer:
    """One per process, for concurrent use: sends that run at the same time share batches.

    aiokafka's idempotent producer never gives up a batch and can get stuck for good, so each send
    has a limit of its own. A producer that failed a delivery is replaced; sends wait for the new.
    `stamp`: what every message goes through, such as one that adds a signature.
    """

    def __init__(
        self,
        bootstrap: Broker | str,
        client_id: str,
        *,
        limit_s: float = 10.0,
        stamp: Callable[[Message], Message] = lambda message: message,
    ) -> None:
        self._stamp = stamp
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._limit_s = limit_s
        self._kafka: AIOKafkaProducer | None = None
        self._changing = asyncio.Lock()
        self._stopped = False

    async def start(self) -> None:
        """Connect if a broker answers within the limit; otherwise the next send tries again."""
        try:
            async with asyncio.timeout(self._limit_s):
                await self._connected()
        except (TimeoutError, KafkaError) as error:
            log.warning("producer.not_connected", reason=repr(error))

    async def stop(self) -> None:
        """Deliver what is under way, within the limit, and close."""
        self._stopped = True
        kafka, self._kafka = self._kafka, None
        if kafka is None:
            return
        try:
            async with asyncio.timeout(self._limit_s):
                await kafka.stop()
        except (TimeoutError, KafkaError):
            await _discard(kafka)

    async def send(self, message: Message) -> None:
        """Publish; returns when all in-sync replicas have it, raises NotPublished otherwise."""
        (failure,) = await self.attempt([message])
        if failure is not None:
            raise failure

    async def send_many(self, messages: Sequence[Message]) -> list[bool]:
        """Publish in order; for each message whether Kafka confirmed it."""
        return [failure is None for failure in await self.attempt(messages)]

    async def attempt(self, messages: Sequence[Message]) -> list[NotPublished | None]:
        """Publish in order; for each message None, or why Kafka did not confirm it."""
        deadline = asyncio.get_running_loop().time() + self._limit_s
        try:
            kafka = self._kafka or await self._connected_by(deadline)
        except (TimeoutError, KafkaError) as error:
            return [NotPublished(message.topic, repr(error)) for message in messages]
        handed = await _hand_over(kafka, [self._stamp(one) for one in messages], deadline)
        waiting = [item for item in handed if isinstance(item, asyncio.Future)]
        if waiting:
            await asyncio.wait(
                waiting, timeout=max(0, deadline - asyncio.get_running_loop().time())
            )
        if any(not future.done() or future.exception() for future in waiting):
            await self._replace(kafka)
        return [_outcome(message, item) for message, item in zip(messages, handed, strict=True)]

    async def _connected_by(self, deadline: float) -> AIOKafkaProducer:
        async with asyncio.timeout_at(deadline):
            return await self._connected()

    async def _connected(self) -> AIOKafkaProducer:
        """The producer of the moment; whoever needs one first makes it, the others wait."""
        if self._kafka is None:
            async with self._changing:
                if self._stopped:
                    raise ProducerClosed
                if self._kafka is None:
                    self._kafka = await _connect(self._bootstrap, self._client_id)
        return self._kafka

    async def _replace(self, stuck: AIOKafkaProducer) -> None:
        # A batch that failed leaves a hole in the sequence numbers: all later ones would be
        # refused. The old producer is dead before a new one is made, so that it cannot publish
        # old messages behind the backs of new ones.
        async with self._changing:
            if self._kafka is stuck:
                log.warning("producer.replaced")
                REPLACED.inc()
                self._kafka = None
                await _discard(stuck)


async def _connect(bootstrap: Broker | str, client_id: str) -> AIOKafkaProducer:
    kafka = AIOKafkaProducer(
        **options_of(bootstrap),
        client_id=client_id,
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        linger_ms=LINGER_MS,
        partitioner=partition_of,
        max_batch_size=MAX_BATCH_BYTES,
    )
    try:
        await kafka.start()
    except BaseException:
        await _discard(kafka)
        raise
    return kafka


def partition_of(key: bytes, partitions: Sequence[int], _: Sequence[int]) -> int:
    """Where aiokafka's own partitioner, and Java's, put this key."""
    return partitions[(_murmur2(key) & 0x7FFF_FFFF) % len(partitions)]


# In Python, byte by byte; what becomes of an order is told in several events soon after each other.
_murmur2: Callable[[bytes], int] = lru_cache(4_096)(murmur2)


async def _discard(kafka: AIOKafkaProducer) -> None:
    # aiokafka's own stop() first delivers what is pending, which a stuck producer cannot, and it
    # offers no other way: hence the private names (the dependency is pinned to one minor).
    kafka._closed = True
    sender = kafka._sender.sender_task
    try:
        async with asyncio.timeout(DISCARD_LIMIT_S):
            if sender is None:
                await kafka.client.close()
                return
            sender.cancel()  # Nothing new is sent; it still waits for what is under way,
            await kafka.client.close()  # which fails now,
            sender.cancel()  # and is not to be tried again.
            await asyncio.wait([sender])
    except TimeoutError:
        log.warning("producer.discard_timed_out")
    kafka._message_accumulator.fail_all(ProducerClosed())


async def _hand_over(
    kafka: AIOKafkaProducer, messages: Sequence[Message], deadline: float
) -> list[Handed]:
    """Give the messages to aiokafka one after the other, so that their order is kept.

    After a message that it does not take, the later ones of the same key are held back.
    """
    handed: list[Handed] = []
    broken: set[tuple[str, str]] = set()
    unknown = await _unknown_topics(kafka, {message.topic for message in messages})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            for message in messages:
                item: Handed
                if message.topic in unknown:
                    item = NotPublished(message.topic, "the topic is not known")
                elif (message.topic, message.key) in broken:
                    item = NotPublished(message.topic, "an earlier message of the key failed")
                else:
                    item = await _hand_one(kafka, message)
                if isinstance(item, NotPublished):
                    broken.add((message.topic, message.key))
                handed.append(item)
    late = messages[len(handed) :]
    return handed + [NotPublished(message.topic, "it was not taken in time") for message in late]


async def _unknown_topics(kafka: AIOKafkaProducer, topics: set[str]) -> set[str]:
    cluster = kafka.client.cluster
    unknown = {topic for topic in topics if cluster.partitions_for_topic(topic) is None}
    if not unknown:
        return unknown
    try:
        async with asyncio.timeout(TOPIC_LIMIT_S):
            for topic in sorted(unknown):
                await kafka.partitions_for(topic)
                unknown.discard(topic)
    except (TimeoutError, KafkaError) as error:
        log.warning("producer.topic_unknown", topics=sorted(unknown), reason=repr(error))
    return unknown


async def _hand_one(kafka: AIOKafkaProducer, message: Message) -> Handed:
    try:
        future: asyncio.Future[object] = await kafka.send(
            message.topic,
            message.value or None,
            message.key.encode(),
            headers=[(name, value.encode()) for name, value in message.headers.items()],
        )
    except MessageSizeTooLargeError as error:
        return NotPublished(message.topic, repr(error), unpublishable=True)
    except KafkaError as error:
        return NotPublished(message.topic, repr(error))
    return future


def _outcome(message: Message, item: Handed) -> NotPublished | None:
    if isinstance(item, NotPublished):
        failure = item
    elif not item.done():
        failure = NotPublished(message.topic, "no confirmation in time")
    elif error := item.exception():
        failure = NotPublished(message.topic, repr(error))
    else:
        return None
    NOT_PUBLISHED.labels(message.topic).inc()
    return failure
