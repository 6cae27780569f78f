"""The way to the channels: bytes out, bytes in, and whether anything can have been sent.

On connections of our own (decision 0006): they tell a connection that did not come about, so that
nothing was sent, from one that was lost behind the request; and a call costs a quarter of the CPU.
"""

import asyncio
import socket
import ssl
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from foundation.connections import AnswerTooLong, ConnectionLost, Connections, NotConnected
from gateway.channels.plugin import Reply, Request

CONNECT_LIMIT_S: Final = 3.0
IDLE_S: Final = 15.0
"""Idle connections are closed before the channels' own servers close them."""

MAX_AGE_S: Final = 600.0
"""So long a busy one may stay with the same server of a channel that has several."""

MAX_HOSTS: Final = 1_000
"""More addresses than all channels have; beyond them the oldest's connections are closed."""

LINES: Final = {"Accept": "*/*", "User-Agent": "paymesh"}


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
        self._hosts: dict[str, Connections] = {}

    async def __aenter__(self) -> Self:
        self._tls = ssl.create_default_context()
        if self._private_ca is not None:
            self._tls.load_verify_locations(cafile=self._private_ca)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connections in self._hosts.values():
            connections.close()

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        try:
            async with asyncio.timeout(timeout_s):
                connections, target = self._to(request.url)
                response = await connections.exchange(
                    request.verb,
                    target,
                    {**LINES, **request.headers},
                    request.body,
                    connect_s=min(CONNECT_LIMIT_S, timeout_s),
                    limit_bytes=request.limit_bytes,
                )
        except ValueError as error:
            raise NotReached("the address is not a URL") from error
        except NotConnected as error:
            raise NotReached(_why(error.__cause__)) from error
        except AnswerTooLong as error:
            raise Broken(str(error)) from error
        except ConnectionLost as error:
            raise Broken("the connection broke") from error
        except TimeoutError as error:
            raise Broken("no answer in time") from error
        return Reply(response.status, response.headers, response.body)

    def _to(self, url: str) -> tuple[Connections, str]:
        """The connections there, and the very bytes that were signed."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        known = self._hosts.get(origin)
        if known is None:
            if len(self._hosts) >= MAX_HOSTS:
                self._hosts.pop(next(iter(self._hosts))).close()
            known = self._hosts[origin] = Connections(
                origin, {}, max_age_s=MAX_AGE_S, idle_s=IDLE_S, tls=self._tls
            )
        return known, url.removeprefix(origin).partition("#")[0] or "/"


def _why(cause: BaseException | None) -> str:
    """The kind of trouble only: an address may hold what must not be logged."""
    match cause:
        case socket.gaierror():
            return "the host name is not known"
        case ssl.SSLError():
            return "no trusted TLS connection"
        case TimeoutError():
            return "no connection in time"
        case _:
            return "no connection"
