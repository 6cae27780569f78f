"""Connections to one service of ours: HTTP/1.1, parsed by what parses for our own servers.

A client for the web prepares each call for redirects, cookies, proxies and encodings, which there
are none of between our services: without all that, a call costs a third (decision 0006).
"""

import asyncio
import random
import re
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

IDLE_S: Final = 30.0
"""Our own servers keep idle connections longer."""

SPREAD: Final = 0.2
"""So much earlier or later, so that not all callers connect anew at once."""

CONNECT_LIMIT_S: Final = 3.0
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""More than any of our services answers, and nothing that a fault could fill the memory with."""

_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*", re.ASCII)
"""What may stand in a head: anything else would be read as another head."""


class ConnectionLost(OSError):
    """The answer did not come, or not whole: whether the call was heard is not known."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connections:
    """To the service at `base_url`; each is used for about `max_age_s`, and by one call at a time.
    There are as many as there are calls at once. What only asks (GET) is asked once more where a
    connection that was idle before is lost: the service may just have closed it.

    `lines`: headers of every call.
    """

    def __init__(self, base_url: str, lines: dict[str, str], *, max_age_s: float) -> None:
        base = urlsplit(base_url)
        self.host = base.hostname or ""
        self._is_tls = base.scheme == "https"
        self._port = base.port or (443 if self._is_tls else 80)
        self._prefix = base.path.rstrip("/")
        self._lines = _head({"Host": base.netloc.rpartition("@")[2], **lines})
        self._max_age_s = max_age_s
        self._tls = ssl.create_default_context() if self._is_tls else None
        self._idle: deque[_Connection] = deque()
        self._is_closed = False

    async def exchange(
        self, method: str, target: str, lines: dict[str, str], body: bytes
    ) -> Response:
        """Ask, and have the whole answer. `target` is sent as it stands, behind the path of the
        base.

        Raises OSError: one that is no ConnectionLost where no connection came about, so that
        nothing was sent; and ValueError for what cannot stand in a head.
        """
        request = b"%s HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n%s" % (
            _checked(f"{method} {self._prefix}{target}"),
            self._lines,
            _head(lines),
            len(body),
            body,
        )
        connection = self._take()
        if connection is not None:
            try:
                return await self._ask(connection, request)
            except ConnectionLost:
                if method != "GET":
                    raise
        return await self._ask(await self._connect(), request)

    async def _ask(self, connection: "_Connection", request: bytes) -> Response:
        try:
            response = await connection.ask(request)
        except BaseException:  # Whatever still comes on it is no answer to the next call.
            connection.close()
            raise
        self._give_back(connection)
        return response

    def close(self) -> None:
        """What is under way goes on, and its connections are closed behind it."""
        self._is_closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _take(self) -> "_Connection | None":
        """The one that was used last: those that nobody needs grow old."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_good(time.monotonic()):
                return connection
            connection.close()
        return None

    def _give_back(self, connection: "_Connection") -> None:
        now = connection.idle_since = time.monotonic()
        if self._is_closed or not connection.is_good(now):
            connection.close()
            return
        self._idle.append(connection)
        if not self._idle[0].is_good(now):
            self._idle.popleft().close()

    async def _connect(self) -> "_Connection":
        until = time.monotonic() + self._max_age_s * random.uniform(1 - SPREAD, 1 + SPREAD)
        async with asyncio.timeout(CONNECT_LIMIT_S):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(until), self.host, self._port, ssl=self._tls
            )
        return connection


class _Connection(asyncio.Protocol):
    """One call at a time; what comes while nobody asks ends it."""

    def __init__(self, until: float) -> None:
        self.idle_since = 0.0
        self._until = until
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[Response] | None = None
        self._keeps_alive = True
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def is_good(self, now: float) -> bool:
        """Whether another call may be made on it."""
        return (
            self._keeps_alive
            and self._transport is not None
            and not self._transport.is_closing()
            and now < self._until
            and (not self.idle_since or now - self.idle_since < IDLE_S)
        )

    async def ask(self, request: bytes) -> Response:
        """Raises ConnectionLost."""
        if self._transport is None:
            raise ConnectionLost("it was closed")
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answered
        finally:
            self._answered = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail("it was closed")

    def data_received(self, data: bytes) -> None:
        if self._answered is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(type(error).__name__)
            self.close()

    def _fail(self, reason: str) -> None:
        self._keeps_alive = False
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionLost(reason))

    # What the parser tells.

    def on_message_begin(self) -> None:
        self._headers = {}
        self._body = bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MAX_ANSWER_BYTES:
            self._fail("the answer is too long")
            self.close()

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # The answer itself follows.
            return
        self._keeps_alive = self._keeps_alive and self._parser.should_keep_alive()
        if self._answered is None or self._answered.done():
            self._fail("more than one answer")
            return
        self._answered.set_result(Response(status, self._headers, bytes(self._body)))


def _head(lines: dict[str, str]) -> bytes:
    return b"".join(b"%s\r\n" % _checked(f"{name}: {value}") for name, value in lines.items())


def _checked(line: str) -> bytes:
    if not _PLAIN.fullmatch(line):
        raise ValueError("this cannot stand in the head of a request")
    return line.encode()
