"""The whole service: what Kafka brings is told to the app, whatever dies on the way."""

import asyncio
import json
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from subprocess import DEVNULL, Popen

import asyncpg
import httpx
import pytest
from aiohttp import web
from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI
from standardwebhooks.webhooks import Webhook
from tests.integration.notifier.app_server import AppServer, running_app_server
from tests.integration.notifier.harness import until
from tests.integration.notifier.publishing import app_record, payment_succeeded, publish
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, stamp

from chassis.producer import Message, Producer
from contracts import sealing, topics, webhooks
from contracts.events.alerts import ALERT, Alert, AlertRecord, Severity
from contracts.events.deliveries import DeliveryEventRecord
from contracts.identifiers import new_id
from notifier.main import build
from notifier.settings import NotifierSettings

SECRET = webhooks.new_secret()
PAIR = sealing.generate()
ARRIVES_S = 60.0


@dataclass(slots=True)
class House:
    """What surrounds one notifier: an app of its own, its server, the bus, the database."""

    environment: dict[str, str]
    database_url: str
    producer: Producer
    app: AppServer
    app_id: str

    async def received(self) -> str:
        """The event id of the app's next callback; its signature is verified."""
        async with asyncio.timeout(ARRIVES_S):
            got = await self.app.next()
        Webhook(SECRET).verify(got.body, got.headers)
        return got.event_id

    async def value(self, sql: str, *arguments: object) -> object:
        connection = await asyncpg.connect(self.database_url)
        try:
            value: object = await connection.fetchval(sql, *arguments)
        finally:
            await connection.close()
        return value

    def settings(self) -> NotifierSettings:
        fields = {
            name.removeprefix("PAYMESH_").lower(): text for name, text in self.environment.items()
        }
        return NotifierSettings(**json.loads(json.dumps(fields)))


@pytest.fixture
async def house(
    make_database: Callable[[str], Awaitable[str]], kafka_bootstrap: str
) -> AsyncIterator[House]:
    database_url = await make_database("notifier")
    producer = Producer(kafka_bootstrap, "tests", stamp=stamp)
    await producer.start()
    async with running_app_server() as app:
        house = House(
            environment={
                "PAYMESH_PRIVATE_PORT": "0",
                "PAYMESH_ACCEPTED_TOKENS": "gateway:" + "t" * 32,
                "PAYMESH_DATABASE_URL": database_url,
                "PAYMESH_KAFKA_BOOTSTRAP": kafka_bootstrap,
                "PAYMESH_KAFKA_SECURITY": "plain",
                "PAYMESH_KAFKA_SESSION_TIMEOUT_MS": "6000",
                "PAYMESH_SEALING_KEY": PAIR.private_key,
                "PAYMESH_CONFIGURATION_PUBLIC_KEYS": CONFIGURATION_PUBLIC_KEY,
                "PAYMESH_CALLBACK_ALLOW_CIDRS": "127.0.0.0/8",
                "PAYMESH_CALLBACK_PORTS": "1024-65535",
            },
            database_url=database_url,
            producer=producer,
            app=app,
            app_id=new_id("app"),
        )
        url = f"{app.url}/callback"
        config = app_record(house.app_id, url, secret=SECRET, sealing_key=PAIR.public_key)
        await publish(producer, config)
        yield house
    await producer.stop()


@asynccontextmanager
async def serving(house: House, group: str | None = None) -> AsyncIterator[FastAPI]:
    """The service in this process, with a consumer group of its own."""
    app = build(house.settings(), group=group or f"notifier-{uuid.uuid4().hex}")
    async with app.router.lifespan_context(app):
        yield app


@contextmanager
def process(house: House) -> Iterator[Popen[bytes]]:
    """The service in a process of its own, as it is deployed."""
    command = (sys.executable, "-m", "notifier")
    environment = {**house.environment, "PATH": os.environ["PATH"]}
    with Popen(command, env=environment, stdout=DEVNULL) as running:
        try:
            yield running
        finally:
            running.kill()


def payload_id(message: Message) -> str:
    event_id: str = json.loads(message.value)["id"]
    return event_id


async def test_event_is_told_and_its_fate_published(house: House, kafka_bootstrap: str) -> None:
    event = payment_succeeded(house.app_id)
    fates = AIOKafkaConsumer(
        topics.DELIVERY_EVENTS, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    )
    async with serving(house):
        await publish(house.producer, event)
        assert await house.received() == payload_id(event)

        await fates.start()
        async with asyncio.timeout(ARRIVES_S):
            async for raw in fates:
                fate = DeliveryEventRecord.model_validate_json(raw.value)
                if fate.data.event_id == payload_id(event):
                    break
        await fates.stop()

    assert (fate.type, fate.data.app_id) == ("delivery.delivered", house.app_id)


async def test_event_that_comes_again_is_told_once(house: House) -> None:
    event, marker = payment_succeeded(house.app_id), payment_succeeded(house.app_id)

    async with serving(house):
        await publish(house.producer, event, event)
        assert await house.received() == payload_id(event)
        await publish(house.producer, event, marker)
        assert await house.received() == payload_id(marker)

    assert len(house.app.received) == 2


async def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(house: House) -> None:
    event = payment_succeeded(house.app_id)
    broken = Message(topics.ORDER_EVENTS, event.key, b'{"specversion":"1.0"}', event.headers)

    async with serving(house):
        await publish(house.producer, broken, event)
        assert await house.received() == payload_id(event)

    sql = "select count(*) from dead_event where value = $1"
    assert await house.value(sql, broken.value) == 1


async def test_alert_is_kept(house: House) -> None:
    record = AlertRecord(
        id=new_id("event"),
        source="paymesh/tests",
        type=ALERT,
        subject="k",
        time="2026-11-22T04:05:06Z",
        data=Alert(key="k", severity=Severity.WARNING, title="t", detail="d", facts={"n": 1}),
    )

    async with serving(house):
        await publish(
            house.producer, Message(topics.ALERTS, "k", record.to_bytes(), record.headers())
        )

        async def is_kept() -> bool:
            return bool(await house.value("select true from alert where alert_id = $1", record.id))

        await until(is_kept)


async def test_ready_and_alive(house: House) -> None:
    async with serving(house) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as http:

            async def is_ready() -> bool:
                return (await http.get("/health/ready")).status_code == 200

            await until(is_ready)
            alive = await http.get("/health/live")

    assert alive.status_code == 200
    assert set(alive.json()["checks"]) == {
        "configuration", "order-events", "alerts", "dispatch", "rescue", "outbox", "messaging",
        "merchant-messaging",
        "keeping", "measuring", "watch", "event-days", "certificates",
        "fitness",
    }  # fmt: skip


METRICS = {
    'paymesh_deliveries_total{class="none",result="delivered"}',
    "paymesh_attempt_seconds_count",
    "paymesh_first_attempt_delay_seconds_count",
    "paymesh_callbacks_due_oldest_seconds",
    "paymesh_callback_endpoints_open",
    "paymesh_callback_endpoints_suspended",
    "paymesh_callbacks_in_flight",
    "paymesh_callback_leases_expired_total",
    "paymesh_callbacks_blocked_by_guard_total",
    "paymesh_callbacks_waiting",
    "paymesh_callbacks_exhausted",
    "paymesh_outbox_pending_oldest_seconds",
    "paymesh_inbox_duplicates_total",
}
OF_GROUP = {
    "paymesh_consumer_lag_records",
    "paymesh_consumer_lag_seconds",
    "paymesh_last_poll_age_seconds",
    "paymesh_dead_events_total",
}


async def test_metrics_tell_of_a_delivery_and_of_what_goes_wrong(house: House) -> None:
    """The names that dashboards and alarms are built on."""
    event, other = payment_succeeded(house.app_id), payment_succeeded(house.app_id)
    broken = Message(topics.ORDER_EVENTS, event.key, b"{}", event.headers)
    last = Message(topics.ORDER_EVENTS, event.key, other.value, other.headers)
    group = f"notifier-{uuid.uuid4().hex}"

    async with serving(house, group) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as http:

            async def figures() -> dict[str, float]:
                text = (await http.get("/metrics")).text
                rows = [line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#"]
                return {name: float(value) for name, value in rows}

            before = await figures()
            await publish(house.producer, event, event, broken, last)
            alert = {await house.received(), await house.received()}

            async def is_delivered() -> bool:
                name = 'paymesh_deliveries_total{class="none",result="delivered"}'
                after = await figures()
                return after.get(name, 0) > before.get(name, 0)

            await until(is_delivered)
            after = await figures()

    assert alert == {payload_id(event), payload_id(last)}
    assert after.keys() >= METRICS
    assert {f'{name}{{group="{group}"}}' for name in OF_GROUP} <= after.keys()
    assert after["paymesh_inbox_duplicates_total"] > before["paymesh_inbox_duplicates_total"]
    assert after[f'paymesh_dead_events_total{{group="{group}"}}'] >= 1


async def test_killed_in_the_middle_of_a_try_it_tries_again(house: House) -> None:
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    house.app.answers["/callback"] = hang
    event, meanwhile = payment_succeeded(house.app_id), payment_succeeded(house.app_id)
    await publish(house.producer, event)
    with process(house) as first:
        assert await house.received() == payload_id(event)
        first.send_signal(signal.SIGKILL)
        first.wait()
    await publish(house.producer, meanwhile)
    del house.app.answers["/callback"]
    release.set()

    with process(house) as second:
        alert = {await house.received(), await house.received()}
        second.send_signal(signal.SIGTERM)
        assert second.wait(ARRIVES_S) in (0, -signal.SIGTERM)

    assert alert == {payload_id(event), payload_id(meanwhile)}
    sql = "select count(*) from delivery_state where app_id = $1 and state = 'delivered'"
    assert await house.value(sql, house.app_id) == 2


async def test_of_two_replicas_one_is_killed_and_nothing_is_lost(house: House) -> None:
    events = [payment_succeeded(house.app_id) for _ in range(60)]
    wanted = {payload_id(event) for event in events}

    with process(house) as first, process(house):
        await publish(house.producer, *events[:30])
        alert = {await house.received() for _ in range(5)}
        first.send_signal(signal.SIGKILL)
        first.wait()
        await publish(house.producer, *events[30:])
        while alert != wanted:
            alert.add(await house.received())

        async def all_are_settled() -> bool:
            sql = "select count(*) from delivery_state where app_id = $1 and state = 'delivered'"
            return await house.value(sql, house.app_id) == len(wanted)

        await until(all_are_settled)
