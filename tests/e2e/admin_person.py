"""A person of the merchant at the Admin API, who registers what tests need beside the demo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from tests.e2e.running import RunningStack, eventually

from paymesh_local.client import ApiClient, AppCredentials

KEY_ALGORITHM = "HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Person:
    """Use as `async with Person.signed_in(stack) as person`."""

    stack: RunningStack
    http: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def signed_in(cls, stack: RunningStack) -> AsyncIterator["Person"]:
        demo = stack.demo
        async with httpx.AsyncClient(base_url=demo["admin_url"], trust_env=False) as http:
            person = cls(stack, http)
            session = {"username": demo["admin_user"], "password": demo["admin_password"]}
            token = (await person.call("POST", "/api/session", session))["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            yield person

    async def app(self, **terms: Any) -> AppCredentials:
        """A new app of the demo merchant with one key, on these terms; the gateway knows it."""
        merchant_ids = [self.stack.demo["merchant_id"]]
        app = await self.call(
            "POST", "/api/apps", {"name": "tests", "merchant_ids": merchant_ids, **terms}
        )
        key = await self.call("POST", f"/api/apps/{app['app_id']}/keys", {"alg": KEY_ALGORITHM})
        credentials = AppCredentials(
            app_id=app["app_id"],
            key_id=key["key_id"],
            alg=KEY_ALGORITHM,
            secret=key["secret"],
            webhook_secret=app["webhook_secret"],
        )
        await self._known(credentials)
        return credentials

    async def account(
        self, channel: str, credentials: dict[str, str], *, merchant_id: str | None = None
    ) -> str:
        """A further channel account of a merchant (the demo's); answers its payment_id."""
        demo = self.stack.demo
        path = f"/api/merchants/{merchant_id or demo['merchant_id']}/channel-accounts"
        requested = {"channel": channel, "name": "tests", "credentials": credentials}
        payment_id: str = (await self.call("POST", path, requested))["payment_id"]
        async with httpx.AsyncClient(base_url=demo["gateway_url"], trust_env=False) as gateway:

            async def has_an_address() -> bool:
                answer = await gateway.post(f"/webhooks/{channel}/{payment_id}", content=b"{}")
                return answer.status_code != httpx.codes.NOT_FOUND

            await eventually(has_an_address)
        return payment_id

    async def call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self.http.request(method, path, json=body)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def _known(self, app: AppCredentials) -> None:
        demo = self.stack.demo
        async with ApiClient(demo["gateway_url"], app) as api:

            async def is_let_in() -> bool:
                answer = await api.get(f"/v1/orders/none?merchant_id={demo['merchant_id']}")
                return answer.status_code != httpx.codes.UNAUTHORIZED

            await eventually(is_let_in)
