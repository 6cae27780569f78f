"""The demo merchant, registered as a person would: through merchant-admin's API."""

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import TypeAdapter

from paymesh_local import private_file
from paymesh_local.client import ApiClient, AppCredentials
from paymesh_local.failure import CannotRun

ADMIN_USER: Final = "admin"
KEY_ALGORITHM: Final = "HMAC-SHA256"

CALL_LIMIT_S: Final = 15.0

KNOWN_LIMIT_S: Final = 20.0
"""What is registered is known to the gateway within 5 s; more than that on a busy machine."""

KNOWN_POLL_S: Final = 0.1

Credentials = dict[str, str | bool]
"""The fields of one channel account: as the third party gave them, and what the merchant adds."""

ADDED: Final[dict[str, Credentials]] = {"wechat": {"profit_sharing": True}}
"""So that every payment of the demo merchant can be split (分账)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What merchant-admin answered, and what it was told last.

    The secrets are shown once, so they are kept here for the next start.
    """

    merchant_id: str
    payment_ids: dict[str, str]
    app: AppCredentials
    notify_url: str
    credentials: dict[str, Credentials]

    @classmethod
    def find(cls, path: Path) -> "Registration | None":
        if not path.exists():
            return None
        return TypeAdapter(cls).validate_json(path.read_text())

    def keep(self, path: Path) -> None:
        private_file.write(path, json.dumps(asdict(self), indent=1))


class Registrar:
    """A person with the admin password; use as `async with Registrar(url, password)`."""

    def __init__(self, admin_url: str, password: str) -> None:
        self._password = password
        self._http = httpx.AsyncClient(base_url=admin_url, trust_env=False, timeout=CALL_LIMIT_S)

    async def __aenter__(self) -> "Registrar":
        session = {"username": ADMIN_USER, "password": self._password}
        token = (await self._call("POST", "/api/session", session))["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def register(self) -> Registration:
        """A merchant without channel accounts, and one app with one key.

        Raises:
            CannotRun: merchant-admin refuses; the message is its own.
        """
        merchant = await self._call("POST", "/api/merchants", {"name": "阳光物业 (demo)"})
        terms = {
            "name": "物业缴费 (demo app)",
            "merchant_ids": [merchant["merchant_id"]],
            "callback_ack": "2xx",
        }
        app = await self._call("POST", "/api/apps", terms)
        key = await self._call("POST", f"/api/apps/{app['app_id']}/keys", {"alg": KEY_ALGORITHM})
        return Registration(
            merchant_id=merchant["merchant_id"],
            payment_ids={},
            app=AppCredentials(
                app_id=app["app_id"],
                key_id=key["key_id"],
                alg=KEY_ALGORITHM,
                secret=key["secret"],
                webhook_secret=app["webhook_secret"],
            ),
            notify_url="",
            credentials={},
        )

    async def tell_address(self, known: Registration, notify_url: str) -> Registration:
        """Where the app takes its callbacks; it moves with the ports."""
        if known.notify_url != notify_url:
            change = {"notify_url": notify_url}
            await self._call("PATCH", f"/api/apps/{known.app.app_id}", change)
        return replace(known, notify_url=notify_url)

    async def tell_account(
        self, known: Registration, channel: str, fields: Credentials
    ) -> Registration:
        """Open the merchant's account at this channel, or change what has changed of it. `channel`
        is the name of a section: where a third party sells several products, `easy_direct`.

        Raises:
            CannotRun: merchant-admin refuses, also where the gateway has no such channel.
        """
        fields = fields | ADDED.get(channel, {})
        if known.credentials.get(channel) == fields:
            return known
        accounts = f"/api/merchants/{known.merchant_id}/channel-accounts"
        payment_ids = dict(known.payment_ids)
        if channel in payment_ids:
            change = {"credentials": fields}
            await self._call("PATCH", f"{accounts}/{payment_ids[channel]}", change)
        else:
            named = {"channel": channel_of(channel), "name": f"{channel} (sandbox)"}
            requested = named | {"credentials": fields}
            payment_ids[channel] = (await self._call("POST", accounts, requested))["payment_id"]
        credentials = known.credentials | {channel: fields}
        return replace(known, payment_ids=payment_ids, credentials=credentials)

    async def _call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._http.request(method, path, json=body)
        if response.is_error:
            raise CannotRun(f"merchant-admin refuses {method} {path}", response.text)
        answer: dict[str, Any] = response.json()
        return answer


def channel_of(section: str) -> str:
    """Of a section of the sandbox; those of further products are named behind the channel."""
    return section.partition("_")[0]


async def known_to_gateway(gateway_url: str, registration: Registration) -> None:
    """Return when the gateway knows the app and its accounts; the news travel by the bus.

    Raises:
        CannotRun: they have not arrived in time.
    """
    async with ApiClient(gateway_url, registration.app) as api:
        try:
            async with asyncio.timeout(KNOWN_LIMIT_S):
                while True:
                    if await _is_known(api, registration):
                        return
                    await asyncio.sleep(KNOWN_POLL_S)
        except TimeoutError:
            raise CannotRun("The gateway has not heard of the demo merchant") from None


async def _is_known(api: ApiClient, registration: Registration) -> bool:
    """An app that is not known is refused; an account that is not known has no webhook address."""
    order = await api.get(f"/v1/orders/none?merchant_id={registration.merchant_id}")
    notifications = [
        await api.send("POST", f"/webhooks/{channel_of(section)}/{payment_id}", b"{}")
        for section, payment_id in registration.payment_ids.items()
    ]
    return order.status_code != httpx.codes.UNAUTHORIZED and not any(
        notification.status_code == httpx.codes.NOT_FOUND for notification in notifications
    )
