"""Both brokers behind one client: records arrive in a group, the topics have their partitions."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

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


MVN: Final = """#!/bin/sh
echo run >> {runs}
for each in "$@"; do case $each in -DoutputDirectory=*) folder=${{each#*=}};; esac; done
sleep 0.3
mkdir -p $folder
touch $folder/kafka_2.13.jar
"""


async def test_two_brokers_that_start_at_once_fetch_the_jars_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a new checkout the second found those of the first where it was to put its own."""
    runs, mvn = tmp_path / "runs", tmp_path / "bin" / "mvn"
    mvn.parent.mkdir()
    mvn.write_text(MVN.format(runs=runs))
    mvn.chmod(0o755)
    monkeypatch.setenv("PATH", f"{mvn.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(kafka, "JARS", tmp_path / "jars")
    await asyncio.gather(*(kafka._ensure_jars(tmp_path / f"log{n}") for n in range(2)))
    assert [each.name for each in kafka.JARS.iterdir()] == ["kafka_2.13.jar"]
    assert runs.read_text().split() == ["run"]
