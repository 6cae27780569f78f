"""Stock choices: the floor's steps as one would write them at once, with FastAPI, httpx and the ORM
of SQLAlchemy. One session a request or batch, one object a row, no statement by hand.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from sqlalchemy import ForeignKey, MetaData, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench.payments import floor_parts
from bench.payments.floor_parts import PAY_PATH, Wechat, consumer, producer
from bench.payments.floor_rows import ROW
from contracts.identifiers import new_id

RESULTS: Final = "bench.stock.results"
EVENTS: Final = "bench.stock.events"
SCHEMA: Final = "drop schema if exists stock cascade; create schema stock"
UNLIMITED: Final = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Base(DeclarativeBase):
    metadata = MetaData(schema="stock")


class Order(Base):
    __tablename__ = "orders"
    order_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    amount: Mapped[int]
    paid: Mapped[int] = mapped_column(default=0)
    subject: Mapped[str]


class Payment(Base):
    __tablename__ = "payments"
    payment_no: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey(Order.order_id), index=True)
    state: Mapped[str]
    amount: Mapped[int]
    trade_no: Mapped[str | None]
    notify_url: Mapped[str]
    action: Mapped[str | None]
    order: Mapped[Order] = relationship(lazy="joined", innerjoin=True)


class Due(Base):
    __tablename__ = "due"
    subject: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)


class Event(Base):
    __tablename__ = "log"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[bytes]


class Posting(Base):
    __tablename__ = "ledger"
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_no: Mapped[str]
    account: Mapped[str]
    amount: Mapped[int]


class Delivery(Base):
    __tablename__ = "delivery"
    event_id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    body: Mapped[bytes]
    state: Mapped[str]


class Attempt(Base):
    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str]
    status: Mapped[int]


class Requested(BaseModel):
    merchant_id: str
    payment_id: str
    merchant_order_no: str
    amount: int
    subject: str
    method: str
    notify_url: str = ""


class Opened(BaseModel):
    payment_no: str
    state: str


class Front:
    """Requests in, the channel, webhooks in."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.secret = settings["secret"].encode()
        self.wechat = Wechat.of(settings["wechat"])
        self.notify_url = f"http://127.0.0.1:{settings['front_port']}/webhook"
        self.app = FastAPI()
        self.app.post("/v1/payments", status_code=201)(self.pay)
        self.app.post("/webhook", status_code=204)(self.webhook)

    async def start(self) -> None:
        self.client = httpx.AsyncClient(limits=UNLIMITED, timeout=30)
        self.producer = producer(self.settings["kafka"])
        await self.producer.start()

    async def pay(self, requested: Requested, request: Request) -> Opened:
        if not floor_parts.is_signed(
            self.secret, request.headers["authorization"], await request.body()
        ):
            raise PermissionError
        answer = await self.client.post(self.settings["core_url"], json=requested.model_dump())
        opened = Opened.model_validate_json(answer.content)
        call = self.wechat.call(opened.payment_no, self.notify_url)
        signed = self.wechat.signed_headers(PAY_PATH, call)
        got = await self.client.post(self.wechat.base_url + PAY_PATH, content=call, headers=signed)
        self.wechat.verify(
            got.headers["Wechatpay-Timestamp"],
            got.headers["Wechatpay-Nonce"],
            got.content,
            got.headers["Wechatpay-Signature"],
        )
        key = opened.payment_no.encode()
        await self.producer.send_and_wait(RESULTS, b"pending " + ROW, key=key)
        return Opened(payment_no=opened.payment_no, state="pending")

    async def webhook(self, request: Request) -> None:
        payment_no = self.wechat.paid(request.headers, await request.body())
        await self.producer.send_and_wait(RESULTS, b"paid " + ROW, key=payment_no.encode())


class Core:
    """The rows."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.app = FastAPI()
        self.app.post("/", status_code=201)(self.open)

    async def start(self) -> None:
        url = self.settings["database"].replace("postgresql://", "postgresql+asyncpg://")
        engine = create_async_engine(url, pool_size=8)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        self.producer = producer(self.settings["kafka"])
        await self.producer.start()
        self.consumer = consumer(self.settings["kafka"], RESULTS, "bench-stock-core")
        await self.consumer.start()
        self.loop = floor_parts.kept(self.consume())

    async def open(self, requested: Requested) -> Opened:
        order = Order(
            order_id=new_id("order"),
            number=requested.merchant_order_no,
            state="open",
            amount=requested.amount,
            subject=requested.subject,
        )
        payment = Payment(
            payment_no=new_id("payment"),
            order=order,
            state="initiating",
            amount=requested.amount,
            notify_url=requested.notify_url,
        )
        due = Due(subject=payment.payment_no, due_at=_soon(5))
        async with self.sessions.begin() as session:
            session.add_all([order, payment, due, Event(event_id=new_id("event"), payload=ROW)])
        return Opened(payment_no=payment.payment_no, state=payment.state)

    async def consume(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=200, max_records=500)
            if batches:
                await self.apply([record for batch in batches.values() for record in batch])
                await self.consumer.commit(
                    {partition: batch[-1].offset + 1 for partition, batch in batches.items()}
                )

    async def apply(self, records: list[Any]) -> None:
        published: list[tuple[str, Payment]] = []
        async with self.sessions.begin() as session:
            numbers = [record.key.decode() for record in records]
            found = await session.scalars(select(Payment).where(Payment.payment_no.in_(numbers)))
            payments = {payment.payment_no: payment for payment in found}
            due = await session.scalars(select(Due).where(Due.subject.in_(numbers)))
            dues = {each.subject: each for each in due}
            for record in records:
                payment = payments[record.key.decode()]
                if not record.value.startswith(b"paid"):
                    if payment.state == "initiating":
                        payment.state, payment.action = "pending", "{}"
                        dues[payment.payment_no].due_at = _soon(15)
                    continue
                if payment.state == "succeeded":
                    continue  # told twice
                payment.state, payment.trade_no = "succeeded", "t"
                payment.order.state, payment.order.paid = "paid", payment.amount
                await session.delete(dues[payment.payment_no])
                for account, sign in (("receivable", 1), ("payable", -1)):
                    amount = sign * payment.amount
                    number = payment.payment_no
                    session.add(Posting(payment_no=number, account=account, amount=amount))
                event = Event(event_id=new_id("event"), payload=ROW)
                session.add(event)
                published.append((event.event_id, payment))
        for event_id, payment in published:
            event_of = {
                "id": event_id,
                "number": payment.order.number,
                "url": payment.notify_url,
                "filler": ROW.decode(),
            }
            key = payment.order.number.encode()
            await self.producer.send(EVENTS, json.dumps(event_of).encode(), key=key)


class Teller:
    """The callbacks."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.app = FastAPI()
        self.app.get("/")(_nothing)

    async def start(self) -> None:
        url = self.settings["database"].replace("postgresql://", "postgresql+asyncpg://")
        self.sessions = async_sessionmaker(create_async_engine(url, pool_size=4))
        self.client = httpx.AsyncClient(limits=UNLIMITED, timeout=30)
        self.consumer = consumer(self.settings["kafka"], EVENTS, "bench-stock-teller")
        await self.consumer.start()
        self.loop = floor_parts.kept(self.consume())

    async def consume(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=200, max_records=500)
            events = [json.loads(record.value) for batch in batches.values() for record in batch]
            if not events:
                continue
            async with self.sessions.begin() as session:
                session.add_all(
                    Delivery(event_id=each["id"], url=each["url"], body=ROW, state="pending")
                    for each in events
                )
            await self.consumer.commit(
                {partition: batch[-1].offset + 1 for partition, batch in batches.items()}
            )
            await asyncio.gather(*(self.tell(event) for event in events))
            async with self.sessions.begin() as session:
                ids = [event["id"] for event in events]
                rows = await session.scalars(select(Delivery).where(Delivery.event_id.in_(ids)))
                for delivery in rows:
                    delivery.state = "delivered"
                    session.add(Attempt(event_id=delivery.event_id, status=204))

    async def tell(self, event: dict[str, Any]) -> None:
        body, headers = floor_parts.callback(event)
        await self.client.post(event["url"], content=body, headers=headers)


async def _nothing() -> Response:
    return Response()


def _soon(seconds: float) -> datetime:
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=seconds)


if __name__ == "__main__":
    floor_parts.main(front=Front, core=Core, teller=Teller)
