"""Both brokers behind one client: records arrive in a group, the topics have their partitions."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts import topics
from paymesh_local import broker, kafka
from paymesh_local.broker import EmbeddedBroker


@pytest.fixture
async def embedded(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "log")
    await broker.start()
    yield broker
    await broker.stop()


@pytest.fixture(params=["embedded", "run"])
def bootstrap(
    request: pytest.FixtureRequest, embedded: EmbeddedBroker, kafka_bootstrap: str
) -> str:
    """The embedded broker, and the one of this run (real Kafka where it can be had)."""
    return embedded.bootstrap if request.param == "embedded" else kafka_bootstrap


async def test_a_group_reads_what_was_sent(bootstrap: str) -> None:
    topic = topics.ALERTS
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    sent = {b"one", b"two", b"three"}
    for key in sent:
        await producer.send_and_wait(topic, b"value", key=key)
    assert len(await producer.partitions_for(topic)) in (broker.PARTITIONS, kafka.PARTITIONS)
    await producer.stop()

    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id="local-tests", auto_offset_reset="earliest"
    )
    await consumer.start()
    received: set[bytes | None] = set()
    async with asyncio.timeout(60):
        while not sent <= received:
            batches = await consumer.getmany(timeout_ms=200)
            received |= {record.key for records in batches.values() for record in records}
    await consumer.stop()


async def test_the_embedded_broker_ends_with_its_input(embedded: EmbeddedBroker) -> None:
    assert embedded.process is not None
    embedded.process.close_input()
    assert await asyncio.wait_for(embedded.process.wait(), 60) == 0
