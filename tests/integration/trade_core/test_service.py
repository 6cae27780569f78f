"""The whole service: HTTP in front, a database below, Kafka beside it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from tests.integration.trade_core.desk import APP, MERCHANT, wish

from chassis.broadcast import Broadcast
from chassis.consumer import Record
from chassis.database import Database
from chassis.producer import Message, Producer
from contracts import topics
from contracts.api import CreatePayment
from contracts.events.commands import ChannelCommandRecord
from contracts.events.orders import OrderEventRecord
from contracts.events.results import (
    PAYMENT_RESULT,
    SOURCE,
    PaymentResult,
    PaymentResultRecord,
    Source,
    Verdict,
)
from contracts.identifiers import new_id
from trade_core.main import build
from trade_core.settings import TradeCoreSettings

TOKEN = "a service token"
DEADLINE_S = 30.0
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(slots=True)
class World:
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
        said = PaymentResult(
            payment_no=payment["payment_no"],
            payment_id=payment["payment_id"],
            channel="wechat",
            source=source,
            verdict=verdict,
            channel_trade_no="42000",
        )
        record = PaymentResultRecord(
            id=new_id("event"),
            source=SOURCE,
            type=PAYMENT_RESULT,
            subject=said.payment_no,
            time="2026-01-05T12:00:00Z",
            traceparent=TRACE,
            data=said,
        )
        await self.publish(said.payment_no, record.to_bytes())

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


def new_wish(**changes: Any) -> CreatePayment:
    """Of an order of its own: tests of a run share the broker."""
    return wish(merchant_order_no=new_id("order"), **changes)


@pytest.fixture
async def world(
    make_database: Callable[[str], Awaitable[str]], kafka_bootstrap: str
) -> AsyncIterator[World]:
    url = await make_database("trade_core")
    settings = TradeCoreSettings(
        port=1,
        service_token=SecretStr(TOKEN),
        database_url=SecretStr(url),
        kafka_bootstrap=kafka_bootstrap,
        kafka_session_timeout_ms=6000,
    )
    app = build(settings, group=f"trade-core-{new_id('event')}")
    db = await Database.connect(url, application_name="tests")
    producer = Producer(kafka_bootstrap, "tests")
    await producer.start()
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://trade-core.test",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    world = World(url, http, db, producer)
    async with http, _reading(kafka_bootstrap, world.records), app.router.lifespan_context(app):
        await until(lambda: _is_ready(http))
        yield world
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


async def _is_ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/health/ready")).status_code == 200


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not await check():
        assert asyncio.get_running_loop().time() < deadline, "what was waited for did not happen"
        await asyncio.sleep(0.05)


async def test_payment_close_and_refund_over_http_and_kafka(world: World) -> None:
    payment = await world.open(new_wish())
    await world.says(payment, Source.INITIATION, Verdict.PENDING)
    await world.says(payment, Source.NOTICE, Verdict.SUCCEEDED)

    async def is_paid() -> bool:
        return await world.status(payment) == "succeeded"

    await until(is_paid)
    refund = {
        "app_id": APP,
        "wish": {
            "merchant_id": MERCHANT,
            "payment_id": payment["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": new_id("event"),
            "amount": 500,
        },
    }
    first = await world.http.post("/internal/refunds", json=refund)
    again = await world.http.post("/internal/refunds", json=refund)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["refund"] == again.json()["refund"]
    refund_no = first.json()["refund"]["refund_no"]
    assert (await world.http.get(f"/internal/refunds/{refund_no}")).json()["status"] == "processing"

    async def is_told() -> bool:
        return len(world.events(payment)) == 5 and world.commands(payment) == ["refund"]

    await until(is_told)
    events = world.events(payment)
    assert [event.type for event in events] == [
        "payment.created", "payment.pending", "payment.succeeded", "order.paid", "refund.created"
    ]  # fmt: skip
    assert [event.data.sequence for event in events] == [1, 2, 3, 4, 5]
    assert [event.traceparent for event in events[1:4]] == [TRACE] * 3

    closed = await world.http.post(
        f"/internal/orders/{payment['merchant_order_no']}/close",
        json={"app_id": APP, "merchant_id": MERCHANT},
    )
    assert (closed.status_code, closed.json()["code"]) == (409, "order_paid")


async def test_close_sends_the_command_at_once_and_answers_the_order(world: World) -> None:
    payment = await world.open(new_wish())
    await world.says(payment, Source.INITIATION, Verdict.PENDING)

    async def is_waiting() -> bool:
        return await world.status(payment) == "pending"

    await until(is_waiting)

    async def channel_closes() -> None:
        async def is_asked() -> bool:
            return world.commands(payment) == ["close"]

        await until(is_asked)
        await world.says(payment, Source.CLOSE, Verdict.SUCCEEDED)

    body = {"app_id": APP, "merchant_id": MERCHANT}
    url = f"/internal/orders/{payment['merchant_order_no']}/close"
    answer, _ = await asyncio.gather(world.http.post(url, json=body), channel_closes())
    order = answer.json()
    assert order["status"] == "closed"
    assert [each["payment_no"] for each in order["payments"]] == [payment["payment_no"]]

    async def is_closed() -> bool:
        return await world.status(payment) == "closed"

    await until(is_closed)


async def test_unreadable_record_is_parked_and_its_neighbours_are_applied(world: World) -> None:
    payment = await world.open(new_wish())
    await world.publish(payment["payment_no"], b"{ not json")
    await world.says(payment, Source.NOTICE, Verdict.SUCCEEDED)

    async def is_paid() -> bool:
        return await world.status(payment) == "succeeded"

    await until(is_paid)
    async with world.db.connection() as tx:
        dead = await tx.fetch("select * from dead_event where key = $1", payment["payment_no"])
        alerts = await tx.fetchval(
            "select count(*) from event_log where topic = $1 and key = $2",
            topics.ALERTS, f"result.parked:{payment['payment_no']}",
        )  # fmt: skip
    assert [row["value"] for row in dead] == [b"{ not json"]
    assert alerts == 1


async def test_events_are_pulled_in_order_by_an_opaque_cursor(world: World) -> None:
    payments = [await world.open(new_wish()) for _ in range(3)]
    for payment in payments:
        await world.says(payment, Source.NOTICE, Verdict.SUCCEEDED)

    async def are_paid() -> bool:
        return all([await world.status(payment) == "succeeded" for payment in payments])

    await until(are_paid)
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        params = {"app_id": APP, "limit": "2", **({"after": cursor} if cursor else {})}
        page = (await world.http.get("/internal/events", params=params)).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert {item["type"] for item in seen} == {"payment.succeeded"}
    assert sorted(item["data"]["payment_no"] for item in seen) == sorted(
        payment["payment_no"] for payment in payments
    )
    assert len({item["id"] for item in seen}) == 3
    none = await world.http.get("/internal/events", params={"app_id": "A-other"})
    assert none.json() == {"items": [], "next_cursor": None}
    for cursor in ("x", "ZQ", "ZTk5OTk5OTk5OTk5OTk5OTk5OTk"):
        wrong = await world.http.get("/internal/events", params={"app_id": APP, "after": cursor})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/after")


async def test_events_are_told_again_under_the_same_ids(world: World) -> None:
    payment = await world.open(new_wish())

    async def told(times: int) -> bool:
        return len(world.events(payment)) == times

    await until(lambda: told(1))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trade_core.republish", "--since-hours", "1",
        env={"PAYMESH_DATABASE_URL": world.url},
    )  # fmt: skip
    assert await process.wait() == 0
    await until(lambda: told(2))
    first, second = world.events(payment)
    assert first == second


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/internal/payments/P0"),
        ("GET", "/internal/refunds/R0"),
        ("GET", "/internal/refunds?app_id=A1&merchant_id=M1&merchant_refund_no=T0"),
        ("GET", "/internal/orders/W0?app_id=A1&merchant_id=M1"),
        ("GET", "/internal/payments/P%00"),
        ("GET", "/internal/orders/W0?app_id=A1&merchant_id=M%001"),
    ],
)
async def test_what_is_not_there_is_not_found(world: World, method: str, path: str) -> None:
    answer = await world.http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_nothing_is_answered_without_the_service_token(world: World) -> None:
    content = new_wish()
    for token in ("", "Bearer wrong"):
        headers = {"Authorization": token}
        answer = await world.http.post(
            "/internal/payments", json=open_body(content), headers=headers
        )
        assert answer.status_code == 401


async def test_malformed_wish_is_refused_with_a_pointer_and_nothing_is_stored(
    world: World,
) -> None:
    body = open_body(new_wish())
    body["wish"]["amount"] = 12.99
    answer = await world.http.post("/internal/payments", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/wish/amount"]
    async with world.db.connection() as tx:
        assert await tx.fetchval("select count(*) from orders") == 0
