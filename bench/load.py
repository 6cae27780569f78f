"""The load: a closed loop of app requests, and the receiver that waits for their callbacks."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import aiohttp
from aiohttp import web

from contracts import signing
from contracts.events.configuration import KeyAlgorithm

CALLBACK_LIMIT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class App:
    """The app that asks: its HMAC key and what it may use."""

    app_id: str
    key_id: str
    secret: str
    merchant_id: str
    payment_id: str


@dataclass(slots=True)
class Figures:
    """What one run measured. Latencies in seconds."""

    name: str
    seconds: float = 0.0
    answered: list[float] = field(default_factory=list)
    completed: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    cpu_s: dict[str, float] = field(default_factory=dict)

    def per_second(self, what: list[float]) -> float:
        return len(what) / self.seconds if self.seconds else 0.0


def percentile_ms(values: list[float], percent: float) -> float:
    if not values:
        return float("nan")
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Receiver:
    """The app's callback address: remembers which order number was told as paid, and when."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/callback"
        self._port = port
        self._called_back: dict[str, asyncio.Future[None]] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "Receiver":
        app = web.Application()
        app.router.add_post("/callback", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    def expect(self, merchant_order_no: str) -> asyncio.Future[None]:
        future = asyncio.get_running_loop().create_future()
        self._called_back[merchant_order_no] = future
        return future

    async def _take(self, request: web.Request) -> web.Response:
        event = json.loads(await request.read())
        if event["type"] == "payment.succeeded":
            future = self._called_back.pop(event["data"]["merchant_order_no"], None)
            if future and not future.done():
                future.set_result(None)
        return web.Response(status=204)


class Client:
    """Signs and sends creates as an app does."""

    def __init__(self, gateway_url: str, app: App, session: aiohttp.ClientSession) -> None:
        self._url = gateway_url + "/v1/payments"
        self._app = app
        self._key = signing.hmac_key(app.secret)
        self._session = session

    async def create(self, merchant_order_no: str, notify_url: str | None) -> int:
        requested: dict[str, Any] = {
            "merchant_id": self._app.merchant_id,
            "payment_id": self._app.payment_id,
            "merchant_order_no": merchant_order_no,
            "amount": 1299,
            "subject": "物业费 11月",
            "method": "native",
        }
        if notify_url:
            requested["notify_url"] = notify_url
        body = json.dumps(requested).encode()
        authorization = signing.authorization(
            self._key,
            alg=KeyAlgorithm.HMAC_SHA256,
            app_id=self._app.app_id,
            key_id=self._app.key_id,
            method="POST",
            target="/v1/payments",
            timestamp=int(time.time()),
            nonce=uuid4().hex,
            body=body,
        )
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status


async def closed_loop(
    figures: Figures, *, seconds: float, concurrency: int, one: Callable[[], Awaitable[None]]
) -> None:
    """`concurrency` workers, each starting the next when its last is done."""
    end = time.perf_counter() + seconds

    async def work() -> None:
        while time.perf_counter() < end:
            await one()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    figures.seconds = time.perf_counter() - started


async def creates(figures: Figures, client: Client, *, seconds: float, concurrency: int) -> None:
    """Creates alone: the payer never pays."""

    async def one() -> None:
        begun = time.perf_counter()
        status = await client.create(f"B{uuid4().hex}", None)
        if status == 201:
            figures.answered.append(time.perf_counter() - begun)
        else:
            figures.refused += 1

    await closed_loop(figures, seconds=seconds, concurrency=concurrency, one=one)


async def payments(
    figures: Figures, client: Client, receiver: Receiver, *, seconds: float, concurrency: int
) -> None:
    """Complete payments: from the create to the callback that says succeeded."""

    async def one() -> None:
        order_no = f"B{uuid4().hex}"
        called_back = receiver.expect(order_no)
        begun = time.perf_counter()
        status = await client.create(order_no, receiver.url)
        if status != 201:
            figures.refused += 1
            return
        figures.answered.append(time.perf_counter() - begun)
        try:
            await asyncio.wait_for(called_back, CALLBACK_LIMIT_S)
        except TimeoutError:
            figures.lost += 1
        else:
            figures.completed.append(time.perf_counter() - begun)

    await closed_loop(figures, seconds=seconds, concurrency=concurrency, one=one)
