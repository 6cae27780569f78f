"""A merchant-admin of its own over a full database, beside services that answer at once."""

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import orjson
from aiohttp import web

from bench.admin import history
from contracts import sealing
from paymesh_local import processes
from paymesh_local.broker import EmbeddedBroker
from paymesh_local.keyring import Keyring
from paymesh_local.ports import any_free
from paymesh_local.postgres import Postgres
from paymesh_local.processes import Process, Program

START_LIMIT_S: Final = 60
STOP_GRACE_S: Final = 10
USERNAME: Final = "admin"
AT: Final = "2026-11-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Harness:
    """`made_s`: how long the past took to make. `http` is logged in."""

    http: httpx.AsyncClient
    admin: Process
    made_s: float


@asynccontextmanager
async def harness(orders: int) -> AsyncIterator[Harness]:
    with tempfile.TemporaryDirectory(prefix="paymesh-bench-", ignore_cleanup_errors=True) as name:
        folder, password = Path(name), secrets.token_urlsafe()
        os.chmod(name, 0o711)  # PostgreSQL may run as another user
        postgres = Postgres(folder / "postgres", folder / "postgres.log", password=password)
        broker = EmbeddedBroker(folder / "broker.log")
        others = await _others()
        try:
            await postgres.start()
            await broker.start()
            url = await postgres.ensure_database("merchant_admin", password)
            port, private = any_free(), any_free()
            environment = _environment(url, broker.bootstrap, others, port, private, folder)
            await _migrate(folder, environment)
            made_s = await history.make(postgres.url("merchant_admin"), orders)
            program = Program(
                name="merchant-admin",
                command=(sys.executable, "-m", "merchant_admin"),
                log=folder / "merchant-admin",
                environment=environment,
            )
            admin = await processes.start(program)
            try:
                async with _client(f"http://127.0.0.1:{port}") as http:
                    await _ready(http, f"http://127.0.0.1:{private}/health/ready")
                    await _log_in(http, environment["PAYMESH_ADMIN_PASSWORD"])
                    yield Harness(http, admin, made_s)
            finally:
                await admin.stop(STOP_GRACE_S)
        finally:
            await broker.stop()
            await postgres.stop()


def _environment(
    url: str, bootstrap: str, others: int, port: int, private: int, folder: Path
) -> dict[str, str]:
    keyring = Keyring.kept_in(folder / "secrets.json")
    tokens = {
        f"PAYMESH_{name}_{part}": value
        for name in ("GATEWAY", "TRADE_CORE", "NOTIFIER")
        for part, value in (("URL", f"http://127.0.0.1:{others}"), ("TOKEN", "b" * 32))
    }
    return {
        **tokens,
        "PAYMESH_DATABASE_URL": url,
        "PAYMESH_KAFKA_BOOTSTRAP": bootstrap,
        "PAYMESH_KAFKA_SECURITY": "plain",
        "PAYMESH_PORT": str(port),
        "PAYMESH_PRIVATE_PORT": str(private),
        "PAYMESH_DRAIN_S": "0",
        "PAYMESH_GATEWAY_SEALING_PUBLIC_KEY": sealing.generate().public_key,
        "PAYMESH_NOTIFIER_SEALING_PUBLIC_KEY": sealing.generate().public_key,
        "PAYMESH_CONFIGURATION_KEY": keyring.configuration_signing.private_key,
        "PAYMESH_ADMIN_USERNAME": USERNAME,
        "PAYMESH_ADMIN_PASSWORD": secrets.token_urlsafe(),
        "PAYMESH_SESSION_KEY": secrets.token_urlsafe(32),
        "PAYMESH_ADMIN_TOTP": "optional",
        "PAYMESH_LOG_LEVEL": "WARNING",
    }


async def _migrate(folder: Path, environment: dict[str, str]) -> None:
    command = (sys.executable, "-m", "merchant_admin.migrations")
    url = {"PAYMESH_DATABASE_URL": environment["PAYMESH_DATABASE_URL"]}
    await processes.run(Program("migrations", command, folder / "migrations.log", environment=url))


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=300)


async def _ready(http: httpx.AsyncClient, url: str) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            try:
                if (await http.get(url)).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def _log_in(http: httpx.AsyncClient, password: str) -> None:
    """Both ways: pages by the cookie."""
    form = {"username": USERNAME, "password": password}
    answer = await http.post("/console/login", data=form)
    if "set-cookie" not in answer.headers:
        raise RuntimeError(f"cannot log in: {answer.status_code}")
    http.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]


async def _others() -> int:
    """Gateway, trade-core and notifier in one: the order that is long, and nothing of the rest."""
    app = web.Application()
    app.router.add_get("/internal/orders-on-file/{order_id}", _on_file)
    app.router.add_route("*", "/internal/{path:.*}", _nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = any_free()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return port


async def _nothing(request: web.Request) -> web.Response:
    return _json({"items": [], "next_cursor": None, "api_url": "https://pay.example"})


async def _on_file(request: web.Request) -> web.Response:
    payment_no = f"P00{1:024d}"
    common: dict[str, Any] = {
        "merchant_order_no": history.order_no(1), "merchant_id": "M1", "amount": 10001,
        "currency": "CNY", "amount_refunded": 0, "subject": "物业费", "created_at": AT,
        "expires_at": AT,
    }  # fmt: skip
    payment: dict[str, Any] = common | {
        "payment_no": payment_no, "channel_trade_no": "42000000001", "payment_id": "C1",
        "channel": "wechat", "method": "native", "status": "succeeded", "action": None,
        "paid_at": AT, "metadata": {}, "failure": None, "claim": None, "amount_reserved": 0,
        "amount_left": 10001, "amount_split": 0,
    }  # fmt: skip
    return _json(
        {
            "order_id": request.match_info["order_id"], "app_id": "A1",
            "order": common | {"status": "paid", "amount_paid": 10001}, "payments": [payment],
            "refunds": [], "splits": [], "entries": [], "decisions": [], "calls": [],
        }
    )  # fmt: skip


def _json(content: object) -> web.Response:
    return web.Response(body=orjson.dumps(content), content_type="application/json")
