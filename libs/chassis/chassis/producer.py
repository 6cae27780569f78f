"""Publishing to Kafka: idempotent, batched, awaited, and never stuck for ever."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import structlog
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import Producer as Kafka
from prometheus_client import Counter

from chassis.broker import Broker, options_of

log = structlog.get_logger()

NOT_PUBLISHED = Counter(
    "paymesh_kafka_not_published", "Messages that Kafka did not confirm", ["topic"]
)
REPLACED = Counter("paymesh_kafka_producer_replaced", "Times the producer was stuck and replaced")

LINGER_MS: Final = 2
"""Long enough for concurrent sends to share a batch, too short to be noticed."""

TOPIC_LIMIT_MS: Final = 3_000
"""A topic that is not known within this time does not exist yet."""

CONNECT_LIMIT_S: Final = 3.0
ASK_EVERY_S: Final = 0.002


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


_Waiting: TypeAlias = asyncio.Future[KafkaError | None]


class Producer:
    """One per process, for concurrent use: sends that run at the same time share batches.

    librdkafka gives up a message after `limit_s` and goes on with the next; only what it calls
    fatal ends it, and then it is replaced. `stamp`: what every message goes through, such as one
    that adds a signature.
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
        self._line: _Line | None = None
        self._stopped = False

    async def start(self) -> None:
        """Connect if a broker answers soon; otherwise the first message is what tries again."""
        try:
            await self._current().look_around()
        except KafkaException as error:
            log.warning("producer.not_connected", reason=repr(error))

    async def stop(self) -> None:
        """Deliver what is under way, within the limit, and close."""
        self._stopped = True
        line, self._line = self._line, None
        if line is not None:
            await line.close(self._limit_s)

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
        if self._stopped:
            return [NotPublished(message.topic, "the producer is stopped") for message in messages]
        line = self._current()
        handed = _hand_over(line, [self._stamp(one) for one in messages])
        waiting = [item for item in handed if isinstance(item, asyncio.Future)]
        if waiting:
            await asyncio.wait(waiting, timeout=self._limit_s)
        return [_outcome(message, item) for message, item in zip(messages, handed, strict=True)]

    def _current(self) -> "_Line":
        if self._line is None or self._line.is_broken:
            if self._line is not None:
                log.warning("producer.replaced")
                REPLACED.inc()
            self._line = _Line(self._options())
        return self._line

    def _options(self) -> dict[str, Any]:
        return {
            **options_of(self._bootstrap),
            "client.id": self._client_id,
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": LINGER_MS,
            "delivery.timeout.ms": int(self._limit_s * 1_000),
            "topic.metadata.propagation.max.ms": min(TOPIC_LIMIT_MS, int(self._limit_s * 1_000)),
        }


class _Line:
    """One producer of librdkafka, asked every two milliseconds what became of what is under way.

    Asked on the loop's own thread: on another, each answer would wait for the interpreter's lock, 5
    ms where the loop is busy, and a replica under load would learn of 200 in a second.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self.is_broken = False
        self._kafka = Kafka({**options, "error_cb": self._note})
        self._loop = asyncio.get_running_loop()
        self._under_way: set[_Waiting] = set()
        self._is_asking = False

    def take(self, message: Message) -> _Waiting:
        """Raises KafkaException or BufferError for what it does not take."""
        waiting: _Waiting = self._loop.create_future()
        self._kafka.produce(
            message.topic,
            message.value or None,
            message.key.encode(),
            headers=[(name, value.encode()) for name, value in message.headers.items()],
            on_delivery=lambda error, _: self._end(waiting, error),
        )
        self._under_way.add(waiting)
        if not self._is_asking:
            self._is_asking = True
            self._loop.call_later(ASK_EVERY_S, self._ask)
        return waiting

    async def look_around(self) -> None:
        """Raises KafkaException where no broker answers."""
        await asyncio.to_thread(self._kafka.list_topics, timeout=CONNECT_LIMIT_S)

    async def close(self, limit_s: float) -> None:
        """When nothing is under way any more, at the latest after the limit."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=limit_s)

    def _ask(self) -> None:
        self._kafka.poll(0)
        self._is_asking = bool(self._under_way)
        if self._is_asking:
            self._loop.call_later(ASK_EVERY_S, self._ask)

    def _end(self, waiting: _Waiting, error: KafkaError | None) -> None:
        self._under_way.discard(waiting)
        if not waiting.done():
            waiting.set_result(error)

    def _note(self, error: KafkaError) -> None:
        if error.fatal():
            self.is_broken = True


def _hand_over(line: _Line, messages: Sequence[Message]) -> list[_Waiting | NotPublished]:
    """Give the messages to Kafka's client one after the other, so that their order is kept.

    After a message that it does not take, the later ones of the same key are held back.
    """
    handed: list[_Waiting | NotPublished] = []
    broken: set[tuple[str, str]] = set()
    for message in messages:
        item: _Waiting | NotPublished
        if (message.topic, message.key) in broken:
            item = NotPublished(message.topic, "an earlier message of the key failed")
        else:
            item = _hand_one(line, message)
        if isinstance(item, NotPublished):
            broken.add((message.topic, message.key))
        handed.append(item)
    return handed


def _hand_one(line: _Line, message: Message) -> _Waiting | NotPublished:
    try:
        return line.take(message)
    except BufferError:
        return NotPublished(message.topic, "too much is under way")
    except KafkaException as failure:
        return _refused(message, failure.args[0])


def _outcome(message: Message, item: _Waiting | NotPublished) -> NotPublished | None:
    if isinstance(item, NotPublished):
        failure = item
    elif not item.done():
        failure = NotPublished(message.topic, "no confirmation in time")
    elif (error := item.result()) is not None:
        failure = _refused(message, error)
    else:
        return None
    NOT_PUBLISHED.labels(message.topic).inc()
    return failure


def _refused(message: Message, error: KafkaError) -> NotPublished:
    return NotPublished(
        message.topic, error.str(), unpublishable=error.code() == KafkaError.MSG_SIZE_TOO_LARGE
    )
