"""Connections to one server: HTTP/1.1, parsed by what parses for our own servers.

A client for the web prepares each call for redirects, cookies, proxies and encodings, none of which
our services or channels use: without all that, a call costs a quarter (decision 0006).
"""

import asyncio
import random
import re
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

IDLE_S: Final = 30.0
"""Our own servers keep idle connections longer."""

SPREAD: Final = 0.2
"""So much earlier or later, so that not all callers connect anew at once."""

CONNECT_LIMIT_S: Final = 3.0
MAX_HEAD_BYTES: Final = 65_536
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""More than any of our services answers, and nothing that a fault could fill the memory with."""

_LINE = re.compile("[ -~]*", re.ASCII)
_TARGET = re.compile("[!-~]+", re.ASCII)
"""What may stand in a head: anything else would be read as another line of it."""


class NotConnected(OSError):
    """No connection came about, for the reason that is its cause: nothing was sent."""


class ConnectionLost(OSError):
    """The answer did not come, or not whole: whether the call was received is not known."""


class AnswerTooLong(ConnectionLost):
    """There is more of it than is read."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connections:
    """To the server at `base_url`; each is used for about `max_age_s`, and by one call at a time.
    There are as many as there are calls at once. What only asks (GET) is asked once more where a
    connection that was idle before is lost: the server may just have closed it.

    `lines`: headers of every call. `tls`: whom to trust, if not the authorities of the system.
    Raises ValueError for what is no address.
    """

    def __init__(
        self,
        base_url: str,
        lines: Mapping[str, str],
        *,
        max_age_s: float,
        idle_s: float = IDLE_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        base = urlsplit(base_url)
        if base.scheme not in ("http", "https") or not base.hostname:
            raise ValueError("this is no address of a server")
        self.host = base.hostname
        is_tls = base.scheme == "https"
        self._port = base.port or (443 if is_tls else 80)
        self._tls = (tls or ssl.create_default_context()) if is_tls else None
        self._prefix = base.path.rstrip("/")
        self._lines = _head({"Host": base.netloc.rpartition("@")[2], **lines})
        self._max_age_s = max_age_s
        self._idle_s = idle_s
        self._idle: deque[_Connection] = deque()
        self._is_closed = False

    async def exchange(
        self,
        method: str,
        target: str,
        lines: Mapping[str, str],
        body: bytes,
        *,
        connect_s: float = CONNECT_LIMIT_S,
        limit_bytes: int = MAX_ANSWER_BYTES,
    ) -> Response:
        """Ask, and have the whole answer. `target` is sent as it stands, behind the path of the
        base. Call it within a time-out: it waits as long as it may.

        Raises NotConnected, ConnectionLost, and ValueError for what cannot stand in a head.
        """
        request = self._request(method, target, lines, body)
        connection = self._take()
        if connection is not None:
            try:
                return await self._ask(connection, request, limit_bytes)
            except ConnectionLost:
                if method != "GET":
                    raise
        return await self._ask(await self._connect(connect_s), request, limit_bytes)

    def close(self) -> None:
        """What is under way goes on, and its connections are closed behind it."""
        self._is_closed = True
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    def _request(self, method: str, target: str, lines: Mapping[str, str], body: bytes) -> bytes:
        if not _TARGET.fullmatch(target):
            raise ValueError("this cannot be the target of a request")
        first = f"{method} {self._prefix}{target} HTTP/1.1\r\n".encode()
        length = b"Content-Length: %d\r\n" % len(body) if body or method != "GET" else b""
        return b"%s%s%s%s\r\n%s" % (first, self._lines, _head(lines), length, body)

    async def _ask(self, connection: "_Connection", request: bytes, limit_bytes: int) -> Response:
        try:
            response = await connection.ask(request, limit_bytes)
        except BaseException:  # Whatever still comes on it is no answer to the next call.
            connection.close()
            raise
        self._give_back(connection)
        return response

    def _take(self) -> "_Connection | None":
        """The one that was used last: those that nobody needs grow old."""
        while self._idle:
            connection = self._idle.pop()
            if self._is_good(connection):
                return connection
            connection.close()
        return None

    def _give_back(self, connection: "_Connection") -> None:
        connection.idle_since = time.monotonic()
        if self._is_closed or not self._is_good(connection):
            connection.close()
            return
        self._idle.append(connection)
        if not self._is_good(self._idle[0]):
            self._idle.popleft().close()

    def _is_good(self, connection: "_Connection") -> bool:
        now = time.monotonic()
        is_fresh = now < connection.until and now - connection.idle_since < self._idle_s
        return is_fresh and connection.is_open

    async def _connect(self, limit_s: float) -> "_Connection":
        until = time.monotonic() + self._max_age_s * random.uniform(1 - SPREAD, 1 + SPREAD)
        try:
            async with asyncio.timeout(limit_s):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(until), self.host, self._port, ssl=self._tls
                )
        except OSError as error:  # a TimeoutError is one, and what TLS says
            raise NotConnected(type(error).__name__) from error
        return connection


class _Connection(asyncio.Protocol):
    """One call at a time; what comes while nobody asks ends it."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.idle_since = 0.0
        self._parser = httptools.HttpResponseParser(self)
        # As aiohttp reads answers: what stands in front of channels is not always exact.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[Response] | None = None
        self._limit_bytes = 0
        self._keeps_alive = True
        self._is_in_head = True
        self._ends_with_connection = False
        self._head_bytes = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether another call may be made on it."""
        transport = self._transport
        return self._keeps_alive and transport is not None and not transport.is_closing()

    async def ask(self, request: bytes, limit_bytes: int) -> Response:
        """Raises ConnectionLost."""
        if self._transport is None:
            raise ConnectionLost("it was closed")
        self._limit_bytes = limit_bytes
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
        if exc is None and self._ends_with_connection:
            self.on_message_complete()
        self._fail(ConnectionLost("it was closed"))

    def data_received(self, data: bytes) -> None:
        if self._answered is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(ConnectionLost(type(error).__name__))
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._fail(AnswerTooLong("its head does not end"))

    def _fail(self, error: ConnectionLost) -> None:
        self._keeps_alive = False
        self.close()
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(error)

    # What the parser tells.

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        self._headers = {}
        self._body = bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        has_length = self._headers.keys() & {"content-length", "transfer-encoding"}
        self._ends_with_connection = not has_length

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > self._limit_bytes:
            self._fail(AnswerTooLong(f"the answer is longer than {self._limit_bytes} bytes"))

    def on_message_complete(self) -> None:
        self._ends_with_connection = False
        status = self._parser.get_status_code()
        if status < 200:  # The answer itself follows.
            return
        self._keeps_alive = self._keeps_alive and self._parser.should_keep_alive()
        if self._answered is None or self._answered.done():
            self._fail(ConnectionLost("more than one answer"))
            return
        self._answered.set_result(Response(status, self._headers, bytes(self._body)))


def _head(lines: Mapping[str, str]) -> bytes:
    return b"".join(_line(f"{name}: {value}") for name, value in lines.items())


def _line(text: str) -> bytes:
    if not _LINE.fullmatch(text):
        raise ValueError("this cannot stand in the head of a request")
    return text.encode() + b"\r\n"
