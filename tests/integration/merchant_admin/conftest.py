"""merchant-admin with a real database; gateway and trade-core are small servers of our own."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import argon2
import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from tests.record_keys import CONFIGURATION_KEY

from chassis.database import Database
from chassis.problems import Forwarded, Problem
from chassis.web import PublicApp
from chassis.web.server import KEEP_ALIVE_S
from contracts import sealing, topics
from contracts.identifiers import new_id
from foundation.service_client import M, Query, Service, query_text
from merchant_admin.api.console.sheets import SHEETS
from merchant_admin.domain.passwords import Passwords
from merchant_admin.flows.deps import Deps, SealingKeys
from merchant_admin.flows.users import ensure_administrator
from merchant_admin.main import build
from merchant_admin.settings import AdminSettings

USERNAME, PASSWORD = "admin", "correct horse battery"
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
MakeDatabase = Callable[[str], Awaitable[str]]


@dataclass
class Clock:
    """Real time, until it is moved on."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Gateway:
    """Accepts credentials of the channel `wechat` that have an `mchid`, by which it knows whose
    they are, and an `apiv3_key`. `trials`: what comes of trying accounts out, in that order, while
    it is `answering`;
    `schema`: of the credentials; `keys`: what is told of those among them. `listed`: instead of its
    own channel; `is_away`: it does not tell. `cannot_refund`: instead of taking an amount."""

    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object"})
    keys: list[dict[str, Any]] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=lambda: {"verdict": "valid"})
    inspected: int = 0
    checked: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    trials: list[Response] = field(default_factory=list)
    is_trying: asyncio.Event = field(default_factory=asyncio.Event)
    answering: asyncio.Event = field(default_factory=_set)
    refund_checks: list[dict[str, Any]] = field(default_factory=list)
    cannot_refund: Response | None = None
    statement_no: str = field(default_factory=lambda: new_id("statement"))
    uploaded: list[dict[str, Any]] = field(default_factory=list)
    unread: Response | None = None
    listed: list[dict[str, Any]] | None = None
    is_away: bool = False

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/internal/channels")
        async def channels() -> Response:
            name = {"zh": "微信支付", "en": "WeChat Pay"}
            wechat = {"channel": "wechat", "title": name["zh"], "name": name, "methods": ["native"]}
            usual = [{**wechat, "credentials_schema": self.schema}]
            if self.is_away:
                return problem(503, "overloaded")
            listed = usual if self.listed is None else self.listed
            return JSONResponse({"items": listed, "api_url": "https://pay.example"})

        @app.get("/internal/counter-codes/{code_id}/address")
        async def address(code_id: str) -> Response:
            return JSONResponse({"url": f"https://cashier.example/pay/to/{code_id}"})

        @app.post("/internal/channels/{channel}/credentials")
        async def check(channel: str, request: Request) -> Response:
            if channel != "wechat":
                return problem(404, "not_found")
            asked = await request.json()
            self.asked.append(asked)
            credentials = asked["credentials"]
            self.checked.append(credentials)
            missing = [name for name in ("mchid", "apiv3_key") if name not in credentials]
            if missing:
                pointers = [f"/credentials/{name}" for name in missing]
                return problem(422, "invalid_request", pointers)
            mchid = credentials["mchid"]
            if (asked["identity"] or {}).get("mchid", mchid) != mchid:
                return problem(422, "invalid_request", ["/credentials/mchid"])
            return JSONResponse({"identity": {"mchid": mchid}, "keys": self.keys})

        @app.post("/internal/signatures/inspect")
        async def inspect() -> Response:
            self.inspected += 1
            return JSONResponse(self.found)

        @app.post("/internal/channel-accounts/{payment_id}/test")
        async def try_out(payment_id: str, request: Request) -> Response:
            self.asked.append({"payment_id": payment_id, **await request.json()})
            self.is_trying.set()
            await self.answering.wait()
            return self.trials.pop(0)

        self._add_refund_checks(app)
        self._add_uploads(app)
        return app

    def _add_refund_checks(self, app: FastAPI) -> None:
        @app.post("/internal/channel-accounts/{payment_id}/refunds/check")
        async def check_refund(payment_id: str, request: Request) -> Response:
            self.refund_checks.append({"payment_id": payment_id, **await request.json()})
            return self.cannot_refund or Response(status_code=204)

    def _add_uploads(self, app: FastAPI) -> None:
        @app.post("/internal/channel-accounts/{payment_id}/statements")
        async def upload(payment_id: str, request: Request) -> Response:
            if self.unread is not None:
                return self.unread
            self.uploaded.append({"payment_id": payment_id, **await request.json()})
            taken = {"statement_no": self.statement_no, "sha256": "5e" * 32, "rows": 2}
            return JSONResponse({**taken, "unreadable_rows": 1, "is_repeat": False})


@dataclass
class TradeCore:
    """Knows one payment; opens every refund but those above its amount. Anything else it answers
    by path with what a test has put into `answers`, or into `refusals`, and keeps what it was
    told."""

    payment: dict[str, Any] | None = None
    refund: dict[str, Any] | None = None
    refund_version: int = 7
    asked: list[dict[str, Any]] = field(default_factory=list)
    decided: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    queries: list[dict[str, str]] = field(default_factory=list)
    sent: list[tuple[str, Any]] = field(default_factory=list)
    refusals: dict[str, Response] = field(default_factory=dict)
    posts: int = 0
    app_id: str = "A1"
    entries: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        self._add_decisions(app)
        self._add_refunds(app)
        self._add_the_rest(app)
        return app

    def _add_decisions(self, app: FastAPI) -> None:
        @app.post("/internal/payments/{number}/decision")
        @app.post("/internal/refunds/{number}/decision")
        async def decide(number: str, request: Request) -> Response:
            if request.url.path in self.refusals:
                return self.refusals[request.url.path]
            self.decided.append({"number": number, **await request.json()})
            return JSONResponse(self.payment if number.startswith("P") else self.refund)

        @app.get("/internal/payments/{payment_no}")
        async def payment(payment_no: str) -> Response:
            if self.payment is None or self.payment["payment_no"] != payment_no:
                return problem(404, "not_found")
            return JSONResponse(self.payment)

        @app.get("/internal/orders-on-file/{order_id}")
        async def on_file(order_id: str) -> Response:
            if self.payment is None:
                return problem(404, "not_found")
            return JSONResponse(self.order_on_file(order_id))

    def order_on_file(self, order_id: str) -> dict[str, Any]:
        """An order with just the payment, and the refund where there is one."""
        payment = {**(self.payment or {})}
        order = payment.pop("order")
        is_paid = payment["status"] == "succeeded"
        refund = self.refund
        if refund is not None and refund["status"] != "abnormal" and not self.asked:
            refund = None
        is_back = refund is not None and is_paid and refund["status"] != "failed"
        given_back = refund["amount"] if refund and is_back else 0
        shown = {
            **payment,
            "claim": payment.get("claim"),
            "amount_reserved": given_back,
            "amount_left": payment["amount"] - given_back if is_paid else 0,
            "amount_split": 0,
        }
        refunds = [{**refund, "version": self.refund_version}] if refund else []
        return {
            "order_id": order_id, "app_id": self.app_id, "order": order, "payments": [shown],
            "refunds": refunds, "splits": [], "entries": self.entries,
            "decisions": self.decisions, "calls": self.calls,
        }  # fmt: skip

    def _add_refunds(self, app: FastAPI) -> None:
        @app.get("/internal/refunds/{refund_no}")
        async def refund_on_file(refund_no: str) -> Response:
            if self.refund is None or self.refund["refund_no"] != refund_no:
                return problem(404, "not_found")
            return JSONResponse({**self.refund, "version": self.refund_version})

        @app.get("/internal/refunds")
        async def refund_by_number(app_id: str, merchant_refund_no: str) -> Response:
            opened = {body["wish"]["merchant_refund_no"] for body in self.asked}
            if app_id != self.app_id or merchant_refund_no not in opened:
                return problem(404, "not_found")
            return JSONResponse(self.refund)

        @app.post("/internal/refunds")
        async def refund(request: Request) -> Response:
            if request.url.path in self.refusals:
                return self.refusals[request.url.path]
            body = await request.json()
            assert self.payment is not None
            if body["wish"]["amount"] > self.payment["amount"]:
                return problem(409, "refund_exceeds_paid")
            created = body not in self.asked
            self.asked.append(body)
            return JSONResponse({"created": created, "refund": self.refund})

    def _add_the_rest(self, app: FastAPI) -> None:
        @app.get("/internal/{path:path}")
        @app.post("/internal/{path:path}")
        async def answer(path: str, request: Request) -> Response:
            self.queries.append(dict(request.query_params))
            self.posts += request.method == "POST"
            if body := await request.body():
                self.sent.append((path, json.loads(body)))
            if request.url.path in self.refusals:
                return self.refusals[request.url.path]
            if request.url.path not in self.answers:
                return problem(404, "not_found")
            return JSONResponse(self.answers[request.url.path])


class InProcess(Service):
    """The hop to an application in this process; the real one is tested beside foundation."""

    def __init__(self, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://in-process")

    async def _call(
        self,
        answer: type[M],
        method: str,
        path: str,
        params: Query,
        body: bytes,
        timeout_s: float,
    ) -> M:
        answered = await self._http.request(method, path + query_text(params), content=body)
        if answered.is_error:
            raise Forwarded(answered.status_code, answered.json())
        return answer.model_validate_json(answered.content or b"{}")


class Notifier(Service):
    """Answers by path what a test has put into `answers`, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any] | Problem] = {}
        self.calls: list[tuple[str, str, Mapping[str, Any] | None]] = []

    async def _call(
        self,
        answer: type[M],
        method: str,
        path: str,
        params: Query,
        body: bytes,
        timeout_s: float,
    ) -> M:
        query_text(params)  # Refuses what the real one does.
        self.calls.append((method, path, json.loads(body) if body else params or None))
        if path not in self.answers:
            raise Forwarded(
                404, {"code": "not_found", "title": "Not found", "detail": "", "request_id": ""}
            )
        answered = self.answers[path]
        if isinstance(answered, Problem):
            raise answered
        return answer.model_validate_json(json.dumps(answered))


@dataclass
class Admin:
    """The service under test. `http` is logged in by bearer token, `anonymous` is nobody."""

    http: httpx.AsyncClient
    anonymous: httpx.AsyncClient
    deps: Deps
    gateway: Gateway
    trade_core: TradeCore
    keys: dict[str, sealing.KeyPair]
    clock: Clock
    notifier: Notifier
    app: PublicApp

    def calling_from(self, ip: str) -> httpx.AsyncClient:
        """Nobody in particular, at another address."""
        transport = httpx.ASGITransport(self.app, client=(ip, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://admin.test")

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What a successful write answers."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    async def events(self) -> list[dict[str, Any]]:
        """The entities in the outbox but for logos, oldest first."""
        async with self.deps.db.connection() as tx:
            rows = await tx.fetch(
                "select convert_from(payload, 'utf8')::jsonb as e from event_log"
                " where topic = $1 and key not like '%/logo' order by id",
                topics.MERCHANT_CONFIG,
            )
        return [row["e"]["data"]["entity"] for row in rows]

    async def audit(self, **filters: str) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/audit", params=filters)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def waiting_for_locks(db: Database, count: int) -> None:
    """Until so many transactions of this database wait for one another."""
    async with db.connection() as tx:
        for _ in range(500):
            found = await tx.fetchval(
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock'"
            )
            if found >= count:
                return
            await asyncio.sleep(0.02)
    raise AssertionError(f"{count} do not wait")


def problem(status: int, code: str, pointers: list[str] | None = None, **extra: Any) -> Response:
    body = {
        **extra,
        "type": "about:blank",
        "title": code,
        "status": status,
        "code": code,
        "detail": code,
        "errors": [{"pointer": pointer, "message": "is missing"} for pointer in pointers or []],
        "retryable": False,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The URL at which the application answers."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_keep_alive=KEEP_ALIVE_S))
    running = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


def settings_of(
    database_url: str, gateway_url: str, trade_core_url: str, kafka_bootstrap: str,
    keys: dict[str, sealing.KeyPair],
) -> AdminSettings:  # fmt: skip
    return AdminSettings.model_validate(
        {
            "port": 1,
            "gateway_token": "the-token-that-gateway-takes-of-admin",
            "trade_core_token": "the-token-that-trade-core-takes-of-admin",
            "notifier_token": "the-token-that-notifier-takes-of-admin",
            "database_url": database_url,
            "kafka_bootstrap": kafka_bootstrap,
            "kafka_session_timeout_ms": 6_000,
            "gateway_url": gateway_url,
            "trade_core_url": trade_core_url,
            "notifier_url": "http://notifier",
            "gateway_sealing_public_key": keys["gateway"].public_key,
            "notifier_sealing_public_key": keys["notifier"].public_key,
            "admin_username": USERNAME,
            "admin_password": PASSWORD,
            "configuration_key": CONFIGURATION_KEY,
            "session_key": "a session key of some length indeed",
            "admin_totp": "optional",
            "console_url": "http://admin.test",
        }
    )


@pytest.fixture
def sealing_keys() -> dict[str, sealing.KeyPair]:
    return {"gateway": sealing.generate(), "notifier": sealing.generate()}


@cache
def built() -> PublicApp:
    """Once for all tests, as it takes longer than most of them; its lifespan is not run, and what
    a test changes is in `app.state.deps`."""
    keys = {name: sealing.generate() for name in ("gateway", "notifier")}
    return build(settings_of("postgresql://nowhere", "http://g", "http://t", "127.0.0.1:1", keys))


@pytest.fixture
async def admin(
    make_database: MakeDatabase,
    sealing_keys: dict[str, sealing.KeyPair],
) -> AsyncIterator[Admin]:
    """The whole service but its loops: what is written stays in the outbox."""
    url = await make_database("merchant_admin")
    db = await Database.connect(url, application_name="test", min_size=1)
    gateway, trade_core, clock = Gateway(), TradeCore(), Clock()
    notifier = Notifier()
    deps = Deps(
        console_url="http://admin.test",
        db=db,
        wake=lambda: None,
        clock=clock,
        gateway=InProcess(gateway.app()),
        trade_core=InProcess(trade_core.app()),
        notifier=notifier,
        sealing=SealingKeys(
            sealing_keys["gateway"].public_key, sealing_keys["notifier"].public_key
        ),
        session_keys=(b"a session key of some length indeed",),
        passwords=Passwords(CHEAP),
        sheets=SHEETS,
    )
    await ensure_administrator(deps, USERNAME, PASSWORD)
    app = built()
    app.state.deps = deps
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 1))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://admin.test") as anonymous,
        httpx.AsyncClient(transport=transport, base_url="http://admin.test") as logged_in,
    ):
        answer = await logged_in.post(
            "/api/session", json={"username": USERNAME, "password": PASSWORD}
        )
        logged_in.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Admin(
            logged_in, anonymous, deps, gateway, trade_core, sealing_keys, clock, notifier, app
        )
    await db.close()
