"""The whole service as the others see it: HTTP in front, a database below, Kafka beside it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import SecretStr
from tests.builders.results import payment_result_of
from tests.builders.trade_core import APP, request
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY, stamp

from chassis.broadcast import Broadcast
from chassis.consumer import Record
from chassis.database import Database
from chassis.producer import Message, Producer
from chassis.settings import AcceptedToken
from contracts import topics
from contracts.api import CreatePayment
from contracts.events.commands import ChannelCommandRecord
from contracts.events.orders import OrderEventRecord
from contracts.events.results import (
    PAYMENT_RESULT,
    SOURCE,
    PaymentResultRecord,
    Source,
    Verdict,
)
from contracts.identifiers import new_id
from trade_core.main import build
from trade_core.settings import TradeCoreSettings

TOKEN = "the-operators-token-of-these-tests"
DEADLINE_S = 60.0
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(slots=True)
class RunningService:
    """The service as the others see it."""

    url: str
    http: httpx.AsyncClient
    db: Database
    producer: Producer
    records: list[Record] = field(default_factory=list)

    async def open(self, content: CreatePayment) -> dict[str, Any]:
        answer = await self.http.post("/internal/payments", json=open_body(content))
        assert answer.status_code == 201, answer.text
        payment: dict[str, Any] = answer.json()["payment"]
        return payment

    async def says(self, payment: dict[str, Any], source: Source, verdict: Verdict) -> None:
        result = payment_result_of(
            {
                "payment_no": payment["payment_no"],
                "payment_id": payment["payment_id"],
                "channel": "wechat",
                "source": source,
                "verdict": verdict,
                "channel_trade_no": f"42000{payment['payment_no'][-8:]}",
            }
        )
        record = PaymentResultRecord(
            id=new_id("event"),
            source=SOURCE,
            type=PAYMENT_RESULT,
            subject=result.payment_no,
            time="2026-01-05T12:00:00Z",
            traceparent=TRACE,
            data=result,
        )
        await self.publish(result.payment_no, record.to_bytes())

    async def publish(self, key: str, value: bytes) -> None:
        await self.producer.send(Message(topics.PAYMENT_RESULTS, key, value))

    async def status(self, payment: dict[str, Any]) -> str:
        answer = await self.http.get(f"/internal/payments/{payment['payment_no']}")
        status: str = answer.json()["status"]
        return status

    def events(self, payment: dict[str, Any]) -> list[OrderEventRecord]:
        """What Kafka holds of the payment's order, in order."""
        records = [r for r in self.records if r.topic == topics.ORDER_EVENTS]
        events = [OrderEventRecord.model_validate_json(record.value) for record in records]
        number = payment["merchant_order_no"]
        return [event for event in events if event.data.order.merchant_order_no == number]

    def commands(self, payment: dict[str, Any]) -> list[str]:
        records = [r for r in self.records if r.topic == topics.CHANNEL_COMMANDS]
        commands = [ChannelCommandRecord.model_validate_json(r.value).data for r in records]
        number = payment["payment_no"]
        return [c.command for c in commands if c.payment.payment_no == number]


def open_body(content: CreatePayment) -> dict[str, Any]:
    return {
        "app_id": APP,
        "wish": content.model_dump(mode="json"),
        "channel": "wechat",
        "reinitiate_after_s": 15,
    }


def new_request(**changes: Any) -> CreatePayment:
    """Of an order of its own: tests of a run share the broker."""
    return request(merchant_order_no=new_id("order"), **changes)


@asynccontextmanager
async def running_service(
    url: str, kafka_bootstrap: str, *, now: Callable[[], float] = time.time, fit: bool = True
) -> AsyncIterator[RunningService]:
    """From its start to its stop, in a consumer group of its own; ready, where it is `fit`."""
    settings = TradeCoreSettings(
        accepted_tokens=(AcceptedToken("gateway", SecretStr("g" * 32)),),
        operator_token=SecretStr(TOKEN),
        allow_operator=True,
        database_url=SecretStr(url),
        kafka_bootstrap=kafka_bootstrap,
        record_keys=SecretStr(RECORD_KEY),
        configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
        kafka_session_timeout_ms=6000,
    )
    app = build(settings, group=f"trade-core-{new_id('event')}", now=now)
    db = await Database.connect(url, application_name="tests")
    producer = Producer(kafka_bootstrap, "tests", stamp=stamp)
    await producer.start()
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://trade-core.test",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    service = RunningService(url, http, db, producer)
    async with http, _reading(kafka_bootstrap, service.records), app.router.lifespan_context(app):
        if fit:
            await until(lambda: is_ready(http))
        yield service
    await producer.stop()
    await db.close()


@asynccontextmanager
async def _reading(bootstrap: str, records: list[Record]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    readers = [
        Broadcast(bootstrap=bootstrap, topic=topic, handle=records.append, from_beginning=False)
        for topic in (topics.ORDER_EVENTS, topics.CHANNEL_COMMANDS)
    ]
    async with asyncio.TaskGroup() as group:
        for reader in readers:
            group.create_task(reader.run(stop))
            await asyncio.wait_for(reader.caught_up.wait(), DEADLINE_S)
        yield
        stop.set()


async def is_ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/health/ready")).status_code == 200


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not await check():
        assert asyncio.get_running_loop().time() < deadline, "what was waited for did not happen"
        await asyncio.sleep(0.05)
