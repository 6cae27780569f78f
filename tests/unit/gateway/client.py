"""The gateway's application in this process, and a client that signs."""

import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.types import ASGIApp
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY
from tests.unit.gateway.harness import SECRET, Harness

from chassis.web import FairGate, PublicApp
from contracts import sealing, signing
from contracts.events.configuration import KeyAlgorithm
from gateway.admission.authentication import Authentication, NonceMemory, RateLimit
from gateway.api.signed_calls import Admission
from gateway.main import build
from gateway.settings import GatewaySettings

ADMIN_TOKEN = "a-token-of-merchant-admin-for-gateway"
CASHIER_TOKEN = "a-token-of-the-cashier-for-the-gateway"


def settings(**changes: Any) -> GatewaySettings:
    values: dict[str, Any] = {
        "accepted_tokens": f"merchant-admin:{ADMIN_TOKEN},cashier:{CASHIER_TOKEN}",
        "trade_core_token": "t" * 32,
        "notifier_token": "n" * 32,
        "kafka_bootstrap": "127.0.0.1:1",
        "trade_core_url": "http://127.0.0.1:1",
        "notifier_url": "http://127.0.0.1:1",
        "public_url": "https://pay.example",
        "cashier_url": "https://cashier.example",
        "record_keys": SecretStr(RECORD_KEY),
        "configuration_public_keys": CONFIGURATION_PUBLIC_KEY,
        "sealing_key": SecretStr(sealing.generate().private_key),
        "checkout_key": "a-checkout-key-of-at-least-32-characters",
        **changes,
    }
    return GatewaySettings(**values)


def application(harness: Harness, *, in_flight: int = 1_024, per_s: float = 5_000) -> PublicApp:
    """The whole application over pretended services; its lifespan is not run."""
    app = _built()
    app.state.deps = harness.deps
    app.state.admission = Admission(
        gate=FairGate(in_flight),
        authentication=Authentication(harness.directory, NonceMemory(), time.time),
        rate=RateLimit(per_s),
        clock=time.monotonic,
    )
    return app


@cache
def _built() -> PublicApp:
    """Once for all tests: to write the API's description takes a moment."""
    return build(settings())


class SigningClient:
    """Signs as app A1 with its secret."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.plain = client
        self._numbers = itertools.count()

    async def post(self, target: str, body: Any = None, **changes: Any) -> httpx.Response:
        """`body` as JSON, or bytes as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return await self.send("POST", target, raw, **changes)

    async def get(self, target: str, **changes: Any) -> httpx.Response:
        return await self.send("GET", target, b"", **changes)

    async def send(
        self, method: str, target: str, body: bytes, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        authorization = signing.authorization(
            signing.hmac_key(SECRET),
            alg=KeyAlgorithm.HMAC_SHA256,
            app_id="A1",
            key_id="K1",
            method=method,
            target=target,
            timestamp=int(time.time()),
            nonce=f"n{next(self._numbers)}",
            body=body,
        )
        given = {"Authorization": authorization, "Content-Type": "application/json"}
        return await self.plain.request(
            method, target, content=body, headers={**given, **(headers or {})}
        )


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncIterator[SigningClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield SigningClient(client)
