"""Our producer and consumer at a real Kafka behind TLS: who trusts it and is known gets in."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from tests.authority import Authority

from chassis.background import Loop
from chassis.broadcast import Broadcast
from chassis.broker import Broker
from chassis.consumer import Consumer, DeadRecord
from chassis.producer import Message, NotPublished, Producer
from paymesh_local.kafka import Kafka, Secured

USERNAME, PASSWORD = "trade-core", "the-password-of-trade-core"
Until = Callable[[Callable[[], bool]], Any]
Apply = Callable[[Sequence[bytes]], Awaitable[None]]
Running = Callable[[Loop], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Behind:
    """A Kafka with a certificate of a private authority, and the file that tells whom to trust."""

    kafka: Kafka
    ca_file: Path

    def by_tls(self, ca_file: Path | None) -> Broker:
        return Broker(self.kafka.tls_bootstrap, "tls", ca_file=ca_file)

    def by_password(self, password: str) -> Broker:
        return Broker(
            self.kafka.sasl_bootstrap,
            "sasl",
            ca_file=self.ca_file,
            username=USERNAME,
            password=SecretStr(password),
        )


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    authority = Authority()
    authority.server(tmp_path)  # writes server.pem
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(authority.pem)
    secured = Secured(tmp_path / "server.pem", USERNAME, PASSWORD)
    kafka = Kafka(tmp_path / "kafka", tmp_path / "kafka.log", secured)
    await kafka.start()
    yield Behind(kafka, ca_file)
    await kafka.stop()


async def test_only_who_trusts_the_broker_and_is_known_to_it_gets_in(
    behind: Behind, until: Until, running: Running, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_text(Authority("a stranger").pem)
    for broker in (behind.by_tls(behind.ca_file), behind.by_password(PASSWORD)):
        await assert_passes(broker, until, running)
    await asyncio.gather(
        *(
            assert_refused(broker)
            for broker in (
                behind.by_tls(None),
                behind.by_tls(stranger),
                behind.by_password("another password"),
                Broker(behind.kafka.tls_bootstrap),
                Broker(behind.kafka.sasl_bootstrap, "tls", ca_file=behind.ca_file),
            )
        )
    )


async def test_who_reads_goes_on_when_certificates_are_exchanged(
    behind: Behind, until: Until, running: Running, tmp_path: Path
) -> None:
    """As a cluster does before they end: another authority, for the same clients."""
    broker, topic = behind.by_tls(behind.ca_file), f"chassis.{uuid.uuid4().hex}"
    received: list[bytes] = []
    handled: list[bytes] = []

    async def apply(values: Sequence[bytes]) -> None:
        received.extend(values)

    consumer = consumer_of(broker, topic, apply)
    listening = Broadcast(
        bootstrap=broker, topic=topic, handle=lambda record: handled.append(record.value)
    )
    await sent(broker, topic)
    async with running(consumer.run), running(listening.run):
        await until(lambda: received == handled == [b"1"])
        await behind.kafka.stop()
        other = Authority("another authority")
        other.server(tmp_path)
        behind.ca_file.write_text(other.pem)
        await behind.kafka.start()
        await sent(broker, topic)
        await until(lambda: received == handled == [b"1", b"1"])


async def test_what_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    authority = Authority()
    authority.server(tmp_path)
    certificate, whole = tmp_path / "mine.pem", (tmp_path / "server.pem").read_bytes()
    certificate.write_bytes(whole)
    broker = Broker("127.0.0.1:1", "tls", certificate_file=certificate)
    context = broker.options()["ssl_context"]
    for content in (b"half", whole):
        certificate.write_bytes(content)
        os.utime(certificate, ns=(0, len(content)))
        with capture_logs() as logged:
            broker.follow(context)
            broker.follow(context)
        [line] = logged
        is_whole = line["event"] == "kafka.certificates_read_anew"
        assert is_whole is (content == whole)


async def assert_passes(broker: Broker, until: Until, running: Running) -> None:
    """What our producer sends, our consumer receives."""
    topic = f"chassis.{uuid.uuid4().hex}"
    received: list[bytes] = []

    async def apply(values: Sequence[bytes]) -> None:
        received.extend(values)

    await sent(broker, topic)
    async with running(consumer_of(broker, topic, apply).run):
        await until(lambda: received == [b"1"])


def consumer_of(broker: Broker, topic: str, apply: Apply) -> Consumer[bytes]:
    async def dead_letter(records: Sequence[DeadRecord]) -> None:
        raise AssertionError(records)

    async def healthy() -> bool:
        return True

    return Consumer(
        bootstrap=broker,
        group=f"g-{uuid.uuid4().hex}",
        topics=[topic],
        decode=lambda record: record.value,
        apply=apply,
        dead_letter=dead_letter,
        healthy=healthy,
        session_timeout_ms=6_000,
    )


async def sent(broker: Broker, topic: str) -> None:
    producer = Producer(broker, "tests")
    await producer.start()
    try:
        await published(producer, topic)
    finally:
        await producer.stop()


async def published(producer: Producer, topic: str) -> None:
    """The first message makes the topic, which may take a moment."""
    for _ in range(3):
        try:
            await producer.send(Message(topic, "k", b"1"))
            return
        except NotPublished:
            continue
    raise AssertionError("Kafka did not take the message")


async def assert_refused(broker: Broker) -> None:
    producer = Producer(broker, "tests", limit_s=2.0)
    await producer.start()
    try:
        with pytest.raises(NotPublished):
            await producer.send(Message("chassis.refused", "k", b"1"))
    finally:
        await producer.stop()
