"""The two clients: `Paymesh` answers, `AsyncPaymesh` is awaited; all else is the same."""

from types import TracebackType
from typing import Self

import httpx

from paymesh import address, groups
from paymesh.driving import AsyncDriver, Driver
from paymesh.settings import Settings
from paymesh.signing import Credentials


def _credentials(
    app_id: str, key_id: str, secret: str | None, private_key: str | bytes | None
) -> Credentials:
    match secret, private_key:
        case str(), None:
            return Credentials.with_secret(app_id, key_id, secret)
        case None, str() | bytes():
            return Credentials.with_private_key(app_id, key_id, private_key)
        case _:
            raise ValueError("give either secret or private_key")


class Paymesh:
    """An app's way to the centre. `secret` of an HMAC key, or the `private_key` (PEM) of an
    Ed25519 or RSA key. `http` is an httpx.Client of your own, with proxies or certificates; one
    without a timeout of its own waits as long as a channel may take.

    Use as `with Paymesh(…) as paymesh`, or call `close`; threads may share it.
    Raises ValueError where `base_url` is no address, or no key fits.
    """

    def __init__(
        self,
        base_url: str,
        *,
        app_id: str,
        key_id: str,
        secret: str | None = None,
        private_key: str | bytes | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.credentials = _credentials(app_id, key_id, secret, private_key)
        self._http = httpx.Client() if http is None else http
        self._http.base_url = address.checked(base_url)
        driver = Driver(self._http, self.credentials)
        self.payments = groups.Payments(driver)
        self.orders = groups.Orders(driver)
        self.refunds = groups.Refunds(driver)
        self.splits = groups.Splits(driver)
        self.payment_links = groups.PaymentLinks(driver)
        self.events = groups.Events(driver)
        self.callbacks = groups.Callbacks(driver)
        self.statements = groups.Statements(driver)
        self.capabilities = groups.Capabilities(driver)

    @classmethod
    def of(cls, settings: Settings, *, http: httpx.Client | None = None) -> Self:
        """The client of these settings, e.g. `Paymesh.of(Settings.of_environment())`."""
        return cls(
            settings.base_url,
            app_id=settings.app_id,
            key_id=settings.key_id,
            secret=settings.secret,
            private_key=settings.private_key,
            http=http,
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncPaymesh:
    """As Paymesh, awaited. Use as `async with AsyncPaymesh(…) as paymesh`, or await `close`."""

    def __init__(
        self,
        base_url: str,
        *,
        app_id: str,
        key_id: str,
        secret: str | None = None,
        private_key: str | bytes | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.credentials = _credentials(app_id, key_id, secret, private_key)
        self._http = httpx.AsyncClient() if http is None else http
        self._http.base_url = address.checked(base_url)
        driver = AsyncDriver(self._http, self.credentials)
        self.payments = groups.AsyncPayments(driver)
        self.orders = groups.AsyncOrders(driver)
        self.refunds = groups.AsyncRefunds(driver)
        self.splits = groups.AsyncSplits(driver)
        self.payment_links = groups.AsyncPaymentLinks(driver)
        self.events = groups.AsyncEvents(driver)
        self.callbacks = groups.AsyncCallbacks(driver)
        self.statements = groups.AsyncStatements(driver)
        self.capabilities = groups.AsyncCapabilities(driver)

    @classmethod
    def of(cls, settings: Settings, *, http: httpx.AsyncClient | None = None) -> Self:
        """The client of these settings, e.g. `AsyncPaymesh.of(Settings.of_environment())`."""
        return cls(
            settings.base_url,
            app_id=settings.app_id,
            key_id=settings.key_id,
            secret=settings.secret,
            private_key=settings.private_key,
            http=http,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
