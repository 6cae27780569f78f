"""One try: sign, post, read a little of the answer. Whatever happens, it is an answer, in time."""

import asyncio
import errno
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from types import TracebackType
from typing import Final, Self

import aiohttp

from contracts import webhooks
from notifier.domain.answers import Answer, FailureKind
from notifier.domain.apps import Destination
from notifier.domain.deliveries import Lease
from notifier.sending.connections import Connector, peer
from notifier.sending.guard import AddressRefused, Guard, UrlRefused
from notifier.sending.resolver import Resolver, asker

READ_LIMIT_BYTES: Final = 16_384
ADDRESSES_KNOWN: Final = 10_000
DNS_CACHE_S: Final = 30
KEEP_ALIVE_S: Final = 4
"""Below the 5 s after which common servers close an idle connection: a callback sent into that
moment would fail and come 5 s late."""

HEADERS: Final = {
    "content-type": "application/json",
    "accept-encoding": "identity",
    "user-agent": f"Paymesh-Notifier/{version('notifier')}",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """`body_s`: how long the body of an answer may take once its status has come."""

    total_s: float = 10
    connect_s: float = 3
    body_s: float = 3


class Sender:
    """One for the process, `async with`. How much is in flight is not its business."""

    def __init__(
        self,
        guard: Guard,
        limits: Limits,
        *,
        resolver: Callable[[], Resolver] = Resolver,
        tls: ssl.SSLContext | bool = True,
    ) -> None:
        self._guard = guard
        # Pure, and asked for the same few addresses again and again.
        self._url = lru_cache(ADDRESSES_KNOWN)(guard.url)
        self._is_private = lru_cache(ADDRESSES_KNOWN)(guard.is_private)
        self._limits = limits
        self._resolver = resolver
        self._tls = tls

    async def __aenter__(self) -> Self:
        connector = Connector(
            self._resolver(),
            limit=0,
            ssl=self._tls,
            ttl_dns_cache=DNS_CACHE_S,
            keepalive_timeout=KEEP_ALIVE_S,
            socket_factory=self._guard.open_socket,
        )
        limits = self._limits
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=limits.total_s, connect=limits.connect_s),
            auto_decompress=False,
            read_bufsize=READ_LIMIT_BYTES,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(self, lease: Lease, destination: Destination) -> Answer:
        """Try once; a redirect is an answer like any other.

        Never raises for what the other side or the network does; ends within `total_s`.
        """
        started_at, start = datetime.now(UTC), time.monotonic()
        asker.set(lease.app_id)
        try:
            return await self._post(lease, destination, started_at, start)
        except (aiohttp.ClientError, OSError, UrlRefused) as error:  # a TimeoutError is an OSError
            return Answer(started_at, latency_ms=_ms_since(start), failure=failure_of(error))

    async def _post(
        self, lease: Lease, destination: Destination, now: datetime, start: float
    ) -> Answer:
        url = self._url(destination.url)
        signed = webhooks.sign(
            destination.keys,
            webhook_id=lease.event_id,
            timestamp_s=int(now.timestamp()),
            body=lease.body,
            signing_keys=destination.signing_keys,
        )
        async with self._session.post(
            url,
            data=lease.body,
            headers={**destination.headers, **signed},
            allow_redirects=False,
            ssl=destination.tls or True,
        ) as response:
            body = await self._beginning_of(response)
            return Answer(
                now,
                latency_ms=_ms_since(start),
                status=response.status,
                body=body,
                retry_after=response.headers.get("retry-after"),
                is_private=self._is_private(peer.get()),
            )

    async def _beginning_of(self, response: aiohttp.ClientResponse) -> bytes:
        """What comes of the body within the limits; the status stands whatever happens to it."""
        if response.content.at_eof():
            return b""
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_s):
                while len(body) < READ_LIMIT_BYTES:
                    chunk = await response.content.read(READ_LIMIT_BYTES - len(body))
                    if not chunk:
                        return bytes(body)
                    body += chunk
        except (aiohttp.ClientError, OSError):
            pass
        response.close()
        return bytes(body)


def _ms_since(start: float) -> int:
    return round((time.monotonic() - start) * 1000)


def failure_of(error: Exception) -> FailureKind:
    """The class of what went wrong before an answer came."""
    match error:
        case UrlRefused() | aiohttp.InvalidURL():
            return FailureKind.URL_REFUSED
        case AddressRefused():
            return FailureKind.ADDRESS_REFUSED
        case aiohttp.ClientConnectorDNSError():
            return FailureKind.DNS
        case aiohttp.ClientSSLError() | aiohttp.ClientOSError(__cause__=ssl.SSLError()):
            return (
                FailureKind.TLS
            )  # the latter: the server refused us when we were already connected
        case aiohttp.ClientConnectorError(os_error=OSError(errno=errno.EACCES)):
            return FailureKind.ADDRESS_REFUSED  # aiohttp merges those of several addresses into one
        case aiohttp.ClientConnectorError():
            return FailureKind.CONNECT
        case TimeoutError():
            return FailureKind.TIMEOUT
        case aiohttp.ServerDisconnectedError() | OSError():
            return FailureKind.DISCONNECTED
        case _:
            return FailureKind.PROTOCOL
