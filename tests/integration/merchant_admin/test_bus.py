"""The whole service with a database and a broker: what it tells the others, and hears from them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from chassis.broadcast import Broadcast
from chassis.consumer import Record
from chassis.producer import Message, Producer
from contracts import sealing, topics
from contracts.events.configuration import ConfigurationRecord
from contracts.identifiers import new_id
from merchant_admin.main import build
from merchant_admin.settings import AdminSettings

from .conftest import PASSWORD, USERNAME, Gateway, MakeDatabase, served, settings_of
from .test_read_model import Story


class Published:
    """What a reader of the configuration topic knows."""

    def __init__(self) -> None:
        self.records: list[ConfigurationRecord] = []

    def __call__(self, record: Record) -> None:
        self.records.append(ConfigurationRecord.model_validate_json(record.value))

    def versions(self, entity_id: str) -> list[int]:
        found = [record for record in self.records if record.subject == entity_id]
        return [record.data.entity.version for record in found]


async def until(check: Callable[[], Awaitable[bool]], limit_s: float = 60) -> None:
    deadline = asyncio.get_running_loop().time() + limit_s
    while not await check():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)


@asynccontextmanager
async def started(settings: AdminSettings) -> AsyncIterator[httpx.AsyncClient]:
    """The service from its start to its stop, in a consumer group of its own."""
    app = build(settings, group=f"merchant-admin-{new_id('event')}")
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://admin.test") as http,
    ):
        session = {"username": USERNAME, "password": PASSWORD}
        token = (await http.post("/api/session", json=session)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield http


@pytest.fixture
async def published(kafka_bootstrap: str) -> AsyncIterator[Published]:
    published, stop = Published(), asyncio.Event()
    broadcast = Broadcast(
        bootstrap=kafka_bootstrap,
        topic=topics.MERCHANT_CONFIG,
        handle=published,
        from_beginning=False,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(broadcast.run(stop))
        await asyncio.wait_for(broadcast.caught_up.wait(), 30)
        yield published
        stop.set()


async def test_what_is_registered_is_told_within_five_seconds_and_again_at_each_start(
    make_database: MakeDatabase,
    kafka_bootstrap: str,
    sealing_keys: dict[str, sealing.KeyPair],
    published: Published,
    capfd: pytest.CaptureFixture[str],
) -> None:
    url = await make_database("merchant_admin")
    secrets = [PASSWORD, "an APIv3 key of a merchant", "a session key", "a service token"]
    async with served(Gateway().app()) as gateway:
        settings = settings_of(url, gateway, "http://127.0.0.1:1", kafka_bootstrap, sealing_keys)
        async with started(settings) as http:
            merchant = (await http.post("/api/merchants", json={"name": "阳光物业"})).json()
            merchant_id = merchant["merchant_id"]
            account = await http.post(
                f"/api/merchants/{merchant_id}/channel-accounts",
                json={
                    "channel": "wechat",
                    "name": "微信",
                    "credentials": {"mchid": "1", "apiv3_key": secrets[1]},
                },
            )
            assert account.status_code == 201
            payment_id = account.json()["payment_id"]

            async def is_published() -> bool:
                return published.versions(merchant_id) == [1] and published.versions(
                    payment_id
                ) == [1]

            await until(is_published)
            named = [
                each for each in published.records if each.subject in (merchant_id, payment_id)
            ]
            assert all(each.traceparent for each in named)
        async with started(settings):

            async def is_published_anew() -> bool:
                return published.versions(merchant_id) == [1, 1] == published.versions(payment_id)

            await until(is_published_anew)
    printed = capfd.readouterr()
    assert not [secret for secret in secrets if secret in printed.out + printed.err]


async def test_events_from_the_bus_are_found(
    make_database: MakeDatabase, kafka_bootstrap: str, sealing_keys: dict[str, sealing.KeyPair]
) -> None:
    url = await make_database("merchant_admin")
    settings = settings_of(
        url, "http://127.0.0.1:1", "http://127.0.0.1:1", kafka_bootstrap, sealing_keys
    )
    story = Story().paid().refunded()
    producer = Producer(kafka_bootstrap, "test")
    await producer.start()
    for event in story.events:
        await producer.send(
            Message(topics.ORDER_EVENTS, story.order_id, event.to_bytes(), event.headers())
        )
    await producer.stop()
    async with started(settings) as http:

        async def found() -> bool:
            answer = await http.get(f"/api/refunds/{story.refund_no}")
            return answer.status_code == 200 and answer.json()["status"] == "succeeded"

        await until(found)
        payment = (await http.get(f"/api/payments/{story.payment_no}")).json()
        assert (payment["status"], payment["amount_refunded"]) == ("succeeded", 300)
