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

import argparse
import asyncio
import base64
import hmac
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import aiohttp
import asyncpg
import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.identifiers import new_id
from paymesh_local.services import EMBEDDED_FETCH_WAIT_MS

RESULTS: Final = "bench.floor.results"
EVENTS: Final = "bench.floor.events"
ROW: Final = json.dumps({"payload": "x" * 700}).encode()
"""About the size of an event of ours."""

SCHEMA: Final = """
drop schema if exists floor cascade;
create schema floor;
create table floor.orders (order_id text primary key, number text unique, state text,
    amount bigint, paid bigint default 0, subject text, created_at timestamptz default now());
create table floor.payments (payment_no text primary key, order_id text, number text, state text,
    amount bigint, trade_no text, action jsonb, created_at timestamptz default now());
create index on floor.payments (order_id);
create table floor.due (subject text primary key, due_at timestamptz);
create index on floor.due (due_at);
create table floor.log (id bigint generated always as identity primary key, event_id text unique,
    payload bytea);
create table floor.pending (id bigint primary key, shard smallint);
create table floor.ledger (id bigint generated always as identity primary key, payment_no text,
    account text, amount bigint);
create table floor.delivery (event_id text primary key, url text, body bytea, state text);
create table floor.attempt (event_id text, status int, at timestamptz default now());
"""
OPEN: Final = """
with o as (insert into floor.orders (order_id, number, state, amount, subject)
           values ($1, $2, 'open', $3, $4) returning order_id),
     p as (insert into floor.payments (payment_no, order_id, number, state, amount)
           select $5, order_id, $2, 'initiating', $3 from o returning payment_no),
     d as (insert into floor.due select payment_no, now() + interval '5 s' from p),
     e as (insert into floor.log (event_id, payload) select $6, $7 from p returning id)
insert into floor.pending select id, 0 from e
"""
APPLY: Final = """
with r as (select * from unnest($1::text[], $2::text[]) as r(payment_no, event_id)),
     p as (update floor.payments p set state = 'succeeded', trade_no = 't' from r
           where p.payment_no = r.payment_no returning p.payment_no, p.order_id, r.event_id),
     o as (update floor.orders o set state = 'paid', paid = amount from p
           where o.order_id = p.order_id),
     d as (delete from floor.due where subject = any($1)),
     l as (insert into floor.ledger (payment_no, account, amount)
           select payment_no, a, m from p,
           (values ('receivable', 1299), ('payable', -1299)) as x(a, m)),
     e as (insert into floor.log (event_id, payload) select event_id, $3 from p returning id)
insert into floor.pending select id, 0 from e
"""
MARK: Final = """
with r as (select unnest($1::text[]) as payment_no),
     p as (update floor.payments p set state = 'pending', action = '{}' from r
           where p.payment_no = r.payment_no returning p.payment_no)
update floor.due d set due_at = now() + interval '15 s' from p where d.subject = p.payment_no
"""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wechat:
    """The sandbox's WeChat account, keys parsed once."""

    base_url: str
    mchid: str
    appid: str
    serial: str
    key: RSAPrivateKey
    platform: RSAPublicKey
    apiv3: AESGCM

    @classmethod
    def of(cls, section: dict[str, str]) -> "Wechat":
        key = serialization.load_pem_private_key(
            section["merchant_private_key_pem"].encode(), password=None
        )
        platform = serialization.load_pem_public_key(section["platform_public_key_pem"].encode())
        if not isinstance(key, RSAPrivateKey) or not isinstance(platform, RSAPublicKey):
            raise TypeError("the sandbox gives RSA keys")
        return cls(
            section["base_url"],
            section["mchid"],
            section["appid"],
            section["merchant_serial_no"],
            key,
            platform,
            AESGCM(section["apiv3_key"].encode()),
        )

    def signed_headers(self, path: str, body: bytes) -> dict[str, str]:
        stamp, nonce = str(int(time.time())), uuid4().hex
        text = f"POST\n{path}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64encode(self.key.sign(text, PKCS1v15(), hashes.SHA256())).decode()
        return {
            "Authorization": f'WECHATPAY2-SHA256-RSA2048 mchid="{self.mchid}",'
            f'nonce_str="{nonce}",signature="{signature}",timestamp="{stamp}",'
            f'serial_no="{self.serial}"',
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "paymesh-bench-floor",
        }

    def verify(self, stamp: str, nonce: str, body: bytes, signature: str) -> None:
        text = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        self.platform.verify(base64.b64decode(signature), text, PKCS1v15(), hashes.SHA256())


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
        self.settings = settings
        self.secret = settings["secret"].encode()
        self.wechat = Wechat.of(settings["wechat"])
        self.notify_url = f"http://127.0.0.1:{settings['front_port']}/webhook"

    async def start(self) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.producer = producer(self.settings["kafka"])
        await self.producer.start()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = await read(receive)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] == "/webhook":
            await self.webhook(headers, body, send)
        else:
            await self.pay(headers, body, send)

    async def pay(self, headers: dict[str, str], body: bytes, send: Send) -> None:
        members = dict(
            part.split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(",")
        )
        stamp, nonce = members["timestamp"].strip('"'), members["nonce"].strip('"')
        text = f"POST\n/v1/payments\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64decode(members["signature"].strip('"'))
        if not hmac.compare_digest(hmac.digest(self.secret, text, "sha256"), signature):
            await answer(send, 401)
            return
        async with self.session.post(self.settings["core_url"], data=body) as opened:
            payment_no = (await opened.read()).decode()
        path = "/v3/pay/transactions/native"
        call = json.dumps(
            {
                "appid": self.wechat.appid,
                "mchid": self.wechat.mchid,
                "description": "物业费 11月",
                "out_trade_no": payment_no,
                "notify_url": self.notify_url,
                "amount": {"total": 1299, "currency": "CNY"},
            }
        ).encode()
        signed = self.wechat.signed_headers(path, call)
        async with self.session.post(self.wechat.base_url + path, data=call, headers=signed) as got:
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
        self.wechat.verify(
            headers["wechatpay-timestamp"],
            headers["wechatpay-nonce"],
            body,
            headers["wechatpay-signature"],
        )
        resource = json.loads(body)["resource"]
        plain = self.wechat.apiv3.decrypt(
            resource["nonce"].encode(),
            base64.b64decode(resource["ciphertext"]),
            resource.get("associated_data", "").encode(),
        )
        payment_no = json.loads(plain)["out_trade_no"]
        await self.producer.send_and_wait(RESULTS, b"paid " + ROW, key=payment_no.encode())
        await answer(send, 204)


class Core:
    """The rows."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.numbers: dict[str, tuple[str, str]] = {}

    async def start(self) -> None:
        self.pool = await asyncpg.create_pool(self.settings["database"], min_size=8, max_size=8)
        self.producer = producer(self.settings["kafka"])
        await self.producer.start()
        self.consumer = consumer(self.settings["kafka"], RESULTS, "bench-floor-core")
        await self.consumer.start()
        self.loop = asyncio.create_task(self.consume())

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
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
        self.settings = settings

    async def start(self) -> None:
        self.pool = await asyncpg.create_pool(self.settings["database"], min_size=4, max_size=4)
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.consumer = consumer(self.settings["kafka"], EVENTS, "bench-floor-teller")
        await self.consumer.start()
        self.loop = asyncio.create_task(self.consume())

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
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
        data = {"merchant_order_no": event["number"], "filler": event["filler"]}
        body = json.dumps({"type": "payment.succeeded", "data": data}).encode()
        stamp = str(int(time.time()))
        text = f"{event['id']}.{stamp}.".encode() + body
        signature = base64.b64encode(hmac.digest(b"secret", text, "sha256")).decode()
        headers = {
            "webhook-id": event["id"],
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + signature,
            "content-type": "application/json",
        }
        async with self.session.post(event["url"], data=body, headers=headers) as answered:
            await answered.read()


def producer(bootstrap: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=2, compression_type="lz4"
    )


def consumer(bootstrap: str, topic: str, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=EMBEDDED_FETCH_WAIT_MS,
    )


PARTS: Final[dict[str, type[Front] | type[Core] | type[Teller]]] = {
    "front": Front,
    "core": Core,
    "teller": Teller,
}


async def serve(part: Front | Core | Teller, port: int) -> None:
    await part.start()
    config = uvicorn.Config(
        part,
        host="127.0.0.1",
        port=port,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
    await uvicorn.Server(config).serve()


def main() -> None:
    parser = argparse.ArgumentParser(description="One process of the floor; settings by FLOOR.")
    parser.add_argument("part", choices=PARTS)
    settings = json.loads(os.environ["FLOOR"])
    name = parser.parse_args().part
    port = settings[f"{name}_port"]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(PARTS[name](settings), port))


if __name__ == "__main__":
    main()
