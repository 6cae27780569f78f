"""The floor: the least that any program must do for a complete payment, without any logic.

Three processes on the same PostgreSQL, broker and sandbox as the real thing, and the same steps:

    front   one signed request in (HMAC verified), one HTTP hop to `core`, one signed channel call
            (RSA signed, answer verified), one publish, the answer; one webhook in (RSA verified,
            AES-GCM opened), one publish, the acknowledgement
    core    the same rows inserted in one statement; results consumed in batches, the same rows
            written in one transaction, one publish per payment
    teller  events consumed in batches, delivery rows written, one signed callback each, rows done

No validation, no state machine, no idempotence, no retry, no configuration, no logs: what a real
system adds to this is its own cost.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
import asyncpg

from bench.payments import floor_parts
from bench.payments.floor_parts import PAY_PATH, Wechat, consumer, producer
from bench.payments.floor_rows import APPLY, MARK, OPEN, ROW
from contracts.identifiers import new_id

RESULTS: Final = "bench.floor.results"
EVENTS: Final = "bench.floor.events"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def answer(send: Send, status: int, body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Front:
    """Requests in, the channel, webhooks in."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.app = self.handle
        self.settings = settings
        self.secret = settings["secret"].encode()
        self.wechat = Wechat.of(settings["wechat"])
        self.notify_url = f"http://127.0.0.1:{settings['front_port']}/webhook"

    async def start(self) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.producer = producer(self.settings["kafka"])
        await self.producer.start()

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = await read(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] == "/webhook":
            await self.webhook(headers, body, send)
        else:
            await self.pay(headers, body, send)

    async def pay(self, headers: dict[str, str], body: bytes, send: Send) -> None:
        if not floor_parts.is_signed(self.secret, headers["authorization"], body):
            await answer(send, 401)
            return
        async with self.session.post(self.settings["core_url"], data=body) as opened:
            payment_no = (await opened.read()).decode()
        call = self.wechat.call(payment_no, self.notify_url)
        signed = self.wechat.signed_headers(PAY_PATH, call)
        url = self.wechat.base_url + PAY_PATH
        async with self.session.post(url, data=call, headers=signed) as got:
            reply = await got.read()
            self.wechat.verify(
                got.headers["Wechatpay-Timestamp"],
                got.headers["Wechatpay-Nonce"],
                reply,
                got.headers["Wechatpay-Signature"],
            )
        await self.producer.send_and_wait(RESULTS, b"pending " + ROW, key=payment_no.encode())
        await answer(send, 201, reply)

    async def webhook(self, headers: dict[str, str], body: bytes, send: Send) -> None:
        payment_no = self.wechat.paid(headers, body)
        await self.producer.send_and_wait(RESULTS, b"paid " + ROW, key=payment_no.encode())
        await answer(send, 204)


class Core:
    """The rows."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.app = self.handle
        self.settings = settings
        self.numbers: dict[str, tuple[str, str]] = {}

    async def start(self) -> None:
        self.pool = await asyncpg.create_pool(self.settings["database"], min_size=8, max_size=8)
        self.producer = producer(self.settings["kafka"])
        await self.producer.start()
        self.consumer = consumer(self.settings["kafka"], RESULTS, "bench-floor-core")
        await self.consumer.start()
        self.loop = floor_parts.kept(self.consume())

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        requested = json.loads(await read(receive))
        payment_no = new_id("payment")
        number = requested["merchant_order_no"]
        self.numbers[payment_no] = (number, requested.get("notify_url", ""))
        await self.pool.execute(
            OPEN,
            new_id("order"),
            number,
            1299,
            requested["subject"],
            payment_no,
            new_id("event"),
            ROW,
        )
        await answer(send, 201, payment_no.encode())

    async def consume(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=200, max_records=500)
            records = [record for batch in batches.values() for record in batch]
            if not records:
                continue
            await self.apply(records)
            await self.consumer.commit(
                {partition: batch[-1].offset + 1 for partition, batch in batches.items()}
            )

    async def apply(self, records: list[Any]) -> None:
        paid = [r.key.decode() for r in records if r.value.startswith(b"paid")]
        pending = [r.key.decode() for r in records if not r.value.startswith(b"paid")]
        ids = [new_id("event") for _ in paid]
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(MARK, pending)
            await connection.execute(APPLY, paid, ids, ROW)
        sent = []
        for payment_no, event_id in zip(paid, ids, strict=True):
            if payment_no not in self.numbers:
                continue  # told twice
            number, url = self.numbers.pop(payment_no)
            event = {"id": event_id, "number": number, "url": url, "filler": ROW.decode()}
            sent.append(
                await self.producer.send(EVENTS, json.dumps(event).encode(), key=number.encode())
            )
        await asyncio.gather(*sent)
        await self.pool.execute("delete from floor.pending")


class Teller:
    """The callbacks."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.app = self.handle
        self.settings = settings

    async def start(self) -> None:
        self.pool = await asyncpg.create_pool(self.settings["database"], min_size=4, max_size=4)
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.consumer = consumer(self.settings["kafka"], EVENTS, "bench-floor-teller")
        await self.consumer.start()
        self.loop = floor_parts.kept(self.consume())

    async def handle(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await answer(send, 200)

    async def consume(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=200, max_records=500)
            events = [json.loads(r.value) for batch in batches.values() for r in batch]
            if not events:
                continue
            await self.pool.execute(
                "insert into floor.delivery select i, u, $3, 'pending'"
                " from unnest($1::text[], $2::text[]) as x(i, u)",
                [event["id"] for event in events],
                [event["url"] for event in events],
                ROW,
            )
            await self.consumer.commit(
                {partition: batch[-1].offset + 1 for partition, batch in batches.items()}
            )
            await asyncio.gather(*(self.tell(event) for event in events))
            done = [event["id"] for event in events]
            await self.pool.execute(
                "with a as (insert into floor.attempt select unnest($1::text[]), 204)"
                " update floor.delivery set state = 'delivered' where event_id = any($1)",
                done,
            )

    async def tell(self, event: dict[str, Any]) -> None:
        body, headers = floor_parts.callback(event)
        async with self.session.post(event["url"], data=body, headers=headers) as answered:
            await answered.read()


if __name__ == "__main__":
    floor_parts.main(front=Front, core=Core, teller=Teller)
