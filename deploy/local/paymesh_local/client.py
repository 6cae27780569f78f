"""An app's client of the public API: every request signed as `contracts.signing` says."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from contracts import signing
from contracts.events.configuration import KeyAlgorithm

CALL_LIMIT_S: Final = 40.0
"""A payment code (付款码) may take 30 s."""


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """What an app is given when it is registered; the fields of demo.json's `app`."""

    app_id: str
    key_id: str
    alg: str
    secret: str
    webhook_secret: str


class ApiClient:
    """Use as `async with ApiClient(gateway_url, app) as api`. `headers` go with each request."""

    def __init__(
        self, gateway_url: str, app: AppCredentials, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self._app = app
        self._signer = signing.hmac_key(app.secret)
        self._http = httpx.AsyncClient(
            base_url=gateway_url, headers=headers, trust_env=False, timeout=CALL_LIMIT_S
        )

    async def __aenter__(self) -> "ApiClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, target: str) -> httpx.Response:
        return await self.send("GET", target, b"")

    async def post(self, target: str, body: dict[str, Any]) -> httpx.Response:
        return await self.send("POST", target, json.dumps(body).encode())

    async def send(self, method: str, target: str, body: bytes) -> httpx.Response:
        """Sign and send exactly these bytes; `target` is the path with its query."""
        headers = {"Content-Type": "application/json"} if body else {}
        request = self._http.build_request(method, target, content=body, headers=headers)
        request.headers["Authorization"] = signing.authorization(
            self._signer,
            alg=KeyAlgorithm(self._app.alg),
            app_id=self._app.app_id,
            key_id=self._app.key_id,
            method=method,
            target=request.url.raw_path.decode(),
            timestamp=int(time.time()),
            nonce=secrets.token_hex(16),
            body=body,
        )
        return await self._http.send(request)
