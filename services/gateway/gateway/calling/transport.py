"""The way to the channels: bytes out, bytes in, and whether anything can have been sent.

Bare aiohttp: httpx on the aiohttp engine costs three times the CPU per call (measured: 320 to
100 µs), and calls a connection that was lost after sending a failure to connect.
"""

import ssl
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import aiohttp
from yarl import URL

from gateway.channels.plugin import Reply, Request

CONNECT_LIMIT_S: Final = 3.0
IDLE_S: Final = 15.0
"""Idle connections are closed before the channels' own servers close them."""


class NotReached(Exception):
    """No connection came about: nothing was sent."""


class Broken(Exception):
    """The request may have been carried out; its answer did not arrive, or not whole."""


class Transport(Protocol):
    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        """Raises NotReached or Broken; `timeout_s` is for everything together."""
        ...


class HttpTransport:
    """Connections are kept per host. How many there are, the executor's caps decide."""

    def __init__(self, *, private_ca: Path | None = None) -> None:
        self._private_ca = private_ca

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, keepalive_timeout=IDLE_S, ssl=_trust(self._private_ca)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding", "Content-Type"),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        connect_s = min(CONNECT_LIMIT_S, timeout_s)
        try:
            async with self._session.request(
                request.verb,
                URL(request.url, encoded=True),  # the very bytes that were signed
                data=request.body or None,
                headers=request.headers,
                timeout=aiohttp.ClientTimeout(total=timeout_s, connect=connect_s),
                allow_redirects=False,
            ) as response:
                body = await _read(response, request.limit_bytes)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status, headers, body)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            raise NotReached(_words(error)) from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise NotReached("the address is not a URL") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Broken(_words(error)) from error


async def _read(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit_bytes:
            raise Broken(f"the answer is longer than {limit_bytes} bytes")
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _words(error: BaseException) -> str:
    """The kind of trouble only: an address may hold what must not be logged."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host name is not known"
        case aiohttp.ClientSSLError():
            return "no trusted TLS connection"
        case aiohttp.ConnectionTimeoutError():
            return "no connection in time"
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case _:
            return f"the connection broke ({type(error).__name__})"


def _trust(private_ca: Path | None) -> ssl.SSLContext | bool:
    if private_ca is None:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=private_ca)
    return context
