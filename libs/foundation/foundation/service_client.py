"""The hop to another service of ours: bytes to bytes, validated once by a model of `contracts`.

On connections of our own: a client for the web costs several times the CPU (decision 0006).
"""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlencode

import orjson
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from chassis import logs, tracing
from chassis.problems import MEDIA_TYPE, Forwarded, Internal, Overloaded, Problem
from chassis.tracing import Kind
from foundation.connections import Connections, Response

log = structlog.get_logger()

MAX_AGE_S: Final = 60.0
"""Busy connections would last for ever, and a replica that is new get none of them."""

REFUSED_PAUSES_S: Final = (0.02, 0.1)
"""After a connection that was refused, before the next, which may meet another replica."""

CALL_LIMIT_S: Final = 5.0

M = TypeVar("M", bound=BaseModel)


class Nothing(BaseModel):
    """The answer of a call that answers nothing (204), or whose answer nobody reads."""


class Service:
    """One service behind this one, called with our token for it.

    Connections are used for about `max_age_s`, then made anew. What was surely not heard, because
    the connection was refused, is said again; nothing else is.
    """

    def __init__(self, base_url: str, token: SecretStr, *, max_age_s: float = MAX_AGE_S) -> None:
        lines = {
            "Authorization": f"Bearer {token.get_secret_value()}",
            "Content-Type": "application/json",
        }
        self._connections = Connections(base_url.rstrip("/"), lines, max_age_s=max_age_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connections.close()

    async def get(
        self, answer: type[M], path: str, params: Mapping[str, str | int | None] | None = None
    ) -> M:
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
        params: Mapping[str, str | int | None] | None = None,
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
        params: Mapping[str, Any],
        body: bytes,
        timeout_s: float,
    ) -> M:
        host = self._connections.host
        try:
            with tracing.span(f"{method} {host}", Kind.CLIENT, path=path) as span:
                async with asyncio.timeout(timeout_s):
                    response = await self._exchange(method, path + _query(params), body)
                span.note(status=response.status)
        except OSError as error:  # a TimeoutError is one, too
            log.warning("service.unreachable", path=path, reason=type(error).__name__)
            raise Overloaded("A service behind this one does not answer.") from error
        if not 200 <= response.status < 300:
            raise _problem(response, path)
        try:
            return answer.model_validate_json(response.body or b"{}")
        except ValidationError as error:
            log.warning("service.senseless_answer", path=path, faults=error.error_count())
            raise Internal from error

    async def _exchange(self, method: str, target: str, body: bytes) -> Response:
        for pause_s in (*REFUSED_PAUSES_S, None):
            try:
                return await self._connections.exchange(method, target, _about(), body)
            except ConnectionRefusedError:
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)
        raise AssertionError("the last try returns or raises")


def _about() -> dict[str, str]:
    """Headers that tell what the call belongs to."""
    carried = {"X-Request-Id": logs.request_id.get(), "traceparent": logs.traceparent.get()}
    return {name: value for name, value in carried.items() if value}


def _query(params: Mapping[str, Any]) -> str:
    given = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
        if value is not None
    }
    return f"?{urlencode(given)}" if given else ""


def _problem(response: Response, path: str) -> Problem:
    # 401 and 403 would tell the caller about our token, not about theirs.
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MEDIA_TYPE and response.status not in (401, 403):
        with contextlib.suppress(orjson.JSONDecodeError):
            body = orjson.loads(response.body)
            wait = response.headers.get("retry-after", "")
            if isinstance(body, dict):
                return Forwarded(
                    response.status, body, retry_after_s=int(wait) if wait.isdecimal() else None
                )
    log.error("service.senseless_answer", path=path, status=response.status)
    return Internal()
