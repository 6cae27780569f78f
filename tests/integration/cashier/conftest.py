"""The cashier as a server, with a real broker; the gateway is a small application of our own."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from cashier.main import build
from cashier.settings import CashierSettings
from chassis.web import PublicApp
from chassis.web.server import KEEP_ALIVE_S
from contracts.identifiers import new_id
from gateway.channels.registry import PLUGINS

LOGO_MARK = "a1" * 12
WECHAT, ALIPAY = new_id("channel_account"), new_id("channel_account")
OFFERS: list[dict[str, Any]] = [
    {
        "payment_id": payment_id,
        "channel": channel,
        "method": "native",
        "ways": ["native", "jsapi", "h5"],
        "wallet": channel,
    }
    for payment_id, channel in ((WECHAT, "wechat"), (ALIPAY, "alipay"))
]


WALLETS = {
    name: plugin.wallet.model_dump(mode="json")
    for name, plugin in PLUGINS.items()
    if plugin.wallet is not None
}


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Gateway:
    """One checkout. `choose` leads to `next_token`, or is refused with `refusal`."""

    payment_no: str = field(default_factory=lambda: new_id("payment"))
    merchant_order_no: str = field(default_factory=lambda: new_id("order"))
    payment: dict[str, Any] = field(default_factory=dict)
    order: dict[str, Any] = field(default_factory=dict)
    offers: list[dict[str, Any]] = field(default_factory=lambda: OFFERS)
    refusal: tuple[int, str] | None = None
    wait_s: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    is_away: bool = False
    answering: asyncio.Event = field(default_factory=_set)
    sequence: int = 1
    chosen: list[dict[str, Any]] = field(default_factory=list)
    action: dict[str, Any] | None = None
    checked: int = 0
    came: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    logos: int = 0
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    expires_in: timedelta = timedelta(hours=1)

    @property
    def token(self) -> str:
        return f"{self.payment_no}.{'t' * 22}"

    next_token: str = f"{new_id('payment')}.{'n' * 22}"

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/internal/checkouts/{token}")
        async def checkout(token: str) -> Response:
            self.asked += 1
            await self.answering.wait()
            if self.is_away:
                return problem(503, "overloaded")
            if token not in (self.token, self.next_token):
                return problem(404, "not_found")
            return JSONResponse(self.checkout())

        @app.post("/internal/checkouts/{token}/channel")
        async def choose(token: str, request: Request) -> Response:
            self.chosen.append(await request.json())
            if self.refusal is not None:
                return self.refuse()
            chosen = {**self.checkout()["payment"], "channel": "wechat", "action": self.action}
            return JSONResponse({**chosen, "token": self.next_token})

        @app.post("/internal/checkouts/{token}/check")
        async def check(token: str) -> Response:
            self.checked += 1
            return JSONResponse(self.checkout())

        @app.post("/internal/checkouts/{token}/who")
        async def who(token: str, request: Request) -> Response:
            self.chosen.append(await request.json())
            return JSONResponse({"url": "https://wallet.example/who?state=s1"})

        @app.post("/internal/payers")
        async def payer(request: Request) -> Response:
            self.came.append(await request.json())
            if self.refusal is not None:
                return self.refuse(token=self.token, **self.extra)
            return JSONResponse({**self.checkout()["payment"], "token": self.next_token})

        self.add_logos(app)
        return app

    def refuse(self, **extra: Any) -> Response:
        assert self.refusal is not None
        refused = problem(*self.refusal, **extra)
        if self.wait_s is not None:
            refused.headers["Retry-After"] = str(self.wait_s)
        return refused

    def add_logos(self, app: FastAPI) -> None:
        @app.get("/internal/logos/{merchant_id}/{mark}")
        async def logo(merchant_id: str, mark: str) -> Response:
            self.logos += 1
            if mark != LOGO_MARK:
                return problem(404, "not_found")
            return JSONResponse({"media_type": "image/svg+xml", "content": "PHN2Zy8+"})

    def checkout(self) -> dict[str, Any]:
        now = self.created_at
        common = {
            "merchant_order_no": self.merchant_order_no,
            "merchant_id": "M1",
            "amount": 1299,
            "currency": "CNY",
            "amount_refunded": 0,
            "subject": "<script>alert(1)</script>",
            "created_at": now.isoformat(),
            "expires_at": (now + self.expires_in).isoformat(),
        }
        payment: dict[str, Any] = {
            "payment_no": self.payment_no,
            "channel_trade_no": None,
            "payment_id": None,
            "channel": None,
            "method": "cashier",
            "status": "pending",
            "action": None,
            "paid_at": None,
            "metadata": {},
            "failure": None,
        }
        return {
            "payment": {**common, **payment, **self.payment},
            "order": {**common, "status": "open", "amount_paid": 0, **self.order},
            "merchant_name": "阳光物业",
            "offers": self.offers,
            "return_url": "https://app.example/done",
            "app_id": "A1",
            "sequence": self.sequence,
            "page_url": f"https://cashier.example/pay/{self.token}",
            "payments": [{**common, **payment, **self.payment}],
            "wallets": WALLETS,
        }

    def pay(self) -> None:
        self.sequence = 3
        self.payment = {"status": "succeeded", "payment_id": WECHAT, "channel": "wechat"}
        self.order = {"status": "paid", "amount_paid": 1299}


def problem(status: int, code: str, **extra: Any) -> Response:
    body = {"title": code, "status": status, "code": code, "detail": code, "errors": [], **extra}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The URL at which the application answers."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_config=None, timeout_graceful_shutdown=2, timeout_keep_alive=KEEP_ALIVE_S
        )
    )
    running = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def cashier(gateway: Gateway, kafka_bootstrap: str) -> AsyncIterator[PublicApp]:
    async with cashier_at(gateway, kafka_bootstrap) as app:
        yield app


@asynccontextmanager
async def cashier_at(
    gateway: Gateway, kafka_bootstrap: str, *, now: Callable[[], float] = time.time
) -> AsyncIterator[PublicApp]:
    async with served(gateway.app()) as gateway_url:
        settings = CashierSettings.model_validate(
            {
                "gateway_token": "the-cashiers-token-for-the-gateway",
                "kafka_bootstrap": kafka_bootstrap,
                "gateway_url": gateway_url,
                "max_streams": 12,
                "wechat_proofs": "Abc123Def456Ghi7",
            }
        )
        yield build(settings, now=now)


@pytest.fixture
async def browser(cashier: PublicApp) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser, at the cashier."""
    async with (
        served(cashier) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as browser,
    ):
        yield browser
