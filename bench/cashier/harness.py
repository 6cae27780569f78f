"""The surroundings of a cashier under measurement: a broker, and a gateway that answers at once."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
from aiohttp import web

from contracts.identifiers import new_id
from paymesh_local import processes
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.ports import any_free
from paymesh_local.processes import Process, Program

START_LIMIT_S: Final = 30
STOP_GRACE_S: Final = 5
OFFERS: Final = [
    {"payment_id": new_id("channel_account"), "channel": channel, "method": "native",
     "ways": ["native", "jsapi", "h5"], "wallet": channel}
    for channel in ("wechat", "alipay")
]  # fmt: skip


def token() -> str:
    """Of an order of its own."""
    return f"{new_id('payment')}.{'t' * 22}"


@dataclass
class Gateway:
    """Every token opens an order that waits for its payer. `reads` counts."""

    port: int = field(default_factory=any_free)
    reads: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.reads += 1
        content = _checkout(request.match_info["token"])
        return web.Response(body=orjson.dumps(content), content_type="application/json")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/internal/checkouts/{token}", self.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024).start()
        try:
            yield
        finally:
            await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Harness:
    url: str
    gateway: Gateway
    cashier: Process


@asynccontextmanager
async def harness() -> AsyncIterator[Harness]:
    """One replica of the cashier."""
    gateway = Gateway()
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-") as name:
        folder = Path(name)
        broker = EmbeddedBroker(folder / "broker")
        await broker.start()
        port, private = any_free(), any_free()
        program = Program(
            name="cashier",
            command=(sys.executable, "-m", "cashier"),
            log=folder / "cashier",
            environment={
                "PAYMESH_PORT": str(port),
                "PAYMESH_PRIVATE_PORT": str(private),
                "PAYMESH_DRAIN_S": "0",
                "PAYMESH_KAFKA_BOOTSTRAP": broker.bootstrap,
                "PAYMESH_KAFKA_SECURITY": "plain",
                "PAYMESH_KAFKA_FETCH_WAIT_MS": "10",
                "PAYMESH_GATEWAY_URL": f"http://127.0.0.1:{gateway.port}",
                "PAYMESH_GATEWAY_TOKEN": "b" * 32,
                "PAYMESH_TRUSTED_PROXIES": "127.0.0.0/8",
            },
        )
        async with gateway.serving():
            cashier = await processes.start(program)
            try:
                await _ready(f"http://127.0.0.1:{private}/health/ready", program)
                yield Harness(f"http://127.0.0.1:{port}", gateway, cashier)
            finally:
                await cashier.stop(STOP_GRACE_S)
                await broker.stop()


async def _ready(url: str, program: Program) -> None:
    async with asyncio.timeout(START_LIMIT_S), httpx.AsyncClient(trust_env=False) as client:
        while True:
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


def _checkout(of_token: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    payment_no = of_token.partition(".")[0]
    common = {
        "merchant_order_no": f"W-{payment_no}", "merchant_id": "M1", "amount": 129900,
        "currency": "CNY", "amount_refunded": 0, "subject": "阳光花园 3栋1201 物业费 2026年11月",
        "created_at": now, "expires_at": now + timedelta(hours=2),
    }  # fmt: skip
    payment = {
        **common, "payment_no": payment_no, "channel_trade_no": None, "payment_id": None,
        "channel": None, "method": "cashier", "status": "pending", "action": None,
        "paid_at": None, "metadata": {}, "failure": None,
    }  # fmt: skip
    return {
        "payment": payment, "payments": [payment], "refunds": [], "app_id": "A1", "sequence": 1,
        "order": {**common, "status": "open", "amount_paid": 0}, "merchant_name": "阳光物业",
        "offers": OFFERS, "page_url": f"https://cashier.example/pay/{of_token}",
    }  # fmt: skip
