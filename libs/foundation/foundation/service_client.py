"""The hop to another service of ours: bytes to bytes, validated once by a model of `contracts`.

On bare aiohttp, at a third of the CPU per call of httpx on the same engine (decision 0006).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import urlencode

import aiohttp
import orjson
import structlog
from pydantic import BaseModel, SecretStr, ValidationError
from yarl import URL

from chassis import logs, tracing
from chassis.problems import MEDIA_TYPE, Forwarded, Internal, Overloaded, Problem
from chassis.tracing import Kind

log = structlog.get_logger()

IDLE_S: Final = 30.0
"""Our own servers keep idle connections longer."""

MAX_AGE_S: Final = 60.0
"""Busy connections would last for ever, and a replica that is new get none of them."""

SPREAD: Final = 0.2
"""So much earlier or later, so that not all callers connect anew at once."""

REFUSED_PAUSES_S: Final = (0.02, 0.1)
"""After a connection that was refused, before the next, which may meet another replica."""

CALL_LIMIT_S: Final = 5.0
CONNECT_LIMIT_S: Final = 3.0

M = TypeVar("M", bound=BaseModel)

Query = Mapping[str, str | int | None]
"""What stands behind the `?`: several values of one name are joined by commas."""


class Nothing(BaseModel):
    """The answer of a call that answers nothing (204), or whose answer nobody reads."""


@dataclass(slots=True, eq=False)
class _Connections:
    """`calls`: how many are under way on them."""

    session: aiohttp.ClientSession
    calls: int = 0


class Service:
    """One service behind this one, called with our token for it.

    Connections take calls for about `max_age_s`, then others are made; those of before end with
    their last call, however long it takes. What was surely not heard, because the connection was
    refused, is said again; nothing else is.
    """

    def __init__(self, base_url: str, token: SecretStr, *, max_age_s: float = MAX_AGE_S) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = f"Bearer {token.get_secret_value()}"
        self._max_age_s = max_age_s
        self._until = 0.0
        self._former: set[_Connections] = set()

    async def __aenter__(self) -> Self:
        self._current = self._new_connections()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (*self._former, self._current):
            await each.session.close()

    def _new_connections(self) -> _Connections:
        spread = random.uniform(1 - SPREAD, 1 + SPREAD)
        self._until = time.monotonic() + self._max_age_s * spread
        return _Connections(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        )

    @asynccontextmanager
    async def _connections(self) -> AsyncIterator[aiohttp.ClientSession]:
        """For one call; renewed by the first that finds them too old."""
        if time.monotonic() >= self._until:
            former, self._current = self._current, self._new_connections()
            self._former.add(former)
            await self._close_if_unused(former)
        ours = self._current
        ours.calls += 1
        try:
            yield ours.session
        finally:
            ours.calls -= 1
            await self._close_if_unused(ours)

    async def _close_if_unused(self, one: _Connections) -> None:
        if one in self._former and not one.calls:
            self._former.remove(one)
            await one.session.close()

    async def get(self, answer: type[M], path: str, params: Query | None = None) -> M:
        """Ask; parameters that are None are left out. Raises as `post` does.

        `path`, here and in `post`, is sent as it stands: strangers' text in it is quoted before.
        """
        return await self._call(answer, "GET", path, params or {}, b"", CALL_LIMIT_S)

    async def post(
        self,
        answer: type[M],
        path: str,
        *,
        body: BaseModel | None = None,
        params: Query | None = None,
        timeout_s: float = CALL_LIMIT_S,
    ) -> M:
        """Have something done, within `timeout_s` in all. Carries on request id and trace.

        Raises Forwarded for the other service's problems and Overloaded when it cannot be reached
        or does not answer in time: whether it did the work is then unknown. An answer without
        sense is Internal.
        """
        raw = b"" if body is None else body.model_dump_json().encode()
        return await self._call(answer, "POST", path, params or {}, raw, timeout_s)

    async def _call(
        self,
        answer: type[M],
        method: str,
        path: str,
        params: Query,
        body: bytes,
        timeout_s: float,
    ) -> M:
        url = URL(self._base_url + path + query_text(params), encoded=True)
        try:
            with tracing.span(f"{method} {url.host}", Kind.CLIENT, path=url.path) as span:
                async with self._connections() as session:
                    response, raw = await self._exchange(session, method, url, body, timeout_s)
                span.note(status=response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("service.unreachable", path=path, reason=type(error).__name__)
            raise Overloaded("A service behind this one does not answer.") from error
        if not 200 <= response.status < 300:
            raise _problem(response, raw, path)
        try:
            return answer.model_validate_json(raw or b"{}")
        except ValidationError as error:
            log.warning("service.senseless_answer", path=path, faults=error.error_count())
            raise Internal from error

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: URL,
        body: bytes,
        timeout_s: float,
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        for pause_s in (*REFUSED_PAUSES_S, None):
            try:
                async with session.request(
                    method,
                    url,
                    data=body or None,
                    headers=self._headers(),
                    timeout=aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_LIMIT_S),
                    allow_redirects=False,
                ) as response:
                    return response, await response.read()
            except aiohttp.ClientConnectorError as error:
                if pause_s is None or not isinstance(error.os_error, ConnectionRefusedError):
                    raise
                await asyncio.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        if request_id := logs.request_id.get():
            headers["X-Request-Id"] = request_id
        if traceparent := logs.traceparent.get():
            headers["traceparent"] = traceparent
        return headers


def query_text(params: Query) -> str:
    """With its `?`. Raises TypeError for a value that would only look like text, as lists do."""
    given = {name: _text(value) for name, value in params.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _text(value: str | int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise TypeError(f"{type(value).__name__} in a query")


def _problem(response: aiohttp.ClientResponse, raw: bytes, path: str) -> Problem:
    # 401 and 403 would tell the caller about our token, not about theirs.
    if response.content_type == MEDIA_TYPE and response.status not in (401, 403):
        with contextlib.suppress(orjson.JSONDecodeError):
            body = orjson.loads(raw)
            wait = response.headers.get("Retry-After", "")
            if isinstance(body, dict):
                return Forwarded(
                    response.status, body, retry_after_s=int(wait) if wait.isdecimal() else None
                )
    log.error("service.senseless_answer", path=path, status=response.status)
    return Internal()
