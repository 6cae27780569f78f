"""What happens to every request: an id, a trace, a body limit, a measurement."""

import os
import re
import time
from collections import Counter as Tally
from contextlib import AbstractContextManager
from types import TracebackType

import structlog
from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import logs, tracing
from chassis.background import Gate
from chassis.metrics import remembered
from chassis.problems import BodyTooLarge, Overloaded
from chassis.web.errors import problem_response

log = structlog.get_logger()

REQUESTS = Counter("paymesh_http_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "paymesh_http_request_seconds",
    "Time from the request's head to the end of the answer",
    ["method", "route"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
IN_FLIGHT = Gauge("paymesh_http_in_flight", "Requests inside the in-flight gate")

ALWAYS_OPEN = ("/health/", "/metrics")
STREAMS = "/events"
SLOW_S = 2.5
NOT_FIT = Overloaded("This replica cannot do its work at the moment.", retry_after_s=1)

_requests_of = remembered(REQUESTS)
_seconds_of = remembered(SECONDS)

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Answers:
    """Plain counts since the start, for whoever watches them: `failed` are 5xx, `slow` took longer
    than `SLOW_S`. Health is no work, and a stream is open as long as somebody watches."""

    def __init__(self) -> None:
        self.all = self.failed = self.slow = 0

    def count(self, route: str, status: int, seconds: float) -> None:
        if route.startswith(ALWAYS_OPEN):
            return
        self.all += 1
        self.failed += status >= 500
        self.slow += seconds > SLOW_S and not route.endswith(STREAMS)


ANSWERS = Answers()


class Edge:
    """Pure ASGI middleware, because it is passed by every request of the hot path."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, gate: Gate | None = None) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        _drop_quoting_cookies(scope)
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id", b"").decode("latin-1"))
        logs.request_id.set(request_id)
        span = tracing.entry(headers.get(b"traceparent", b"").decode("latin-1"), request_id)
        status = 500
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes)
            return message

        async def labelled_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            if self._is_shut(scope["path"]):
                await _refuse(scope, limited_receive, labelled_send)
                return
            await self._app(scope, limited_receive, labelled_send)
        finally:
            _observe(scope, status, time.perf_counter() - started, span)

    def _is_shut(self, path: str) -> bool:
        gate = self._gate
        return gate is not None and not gate.is_open and not path.startswith(ALWAYS_OPEN)


def _drop_quoting_cookies(scope: Scope) -> None:
    """No cookie of ours has a backslash, and reading 30,000 of them takes Python seconds before
    3.11.10 (CVE-2024-7592)."""
    headers = scope["headers"]
    for at, (name, value) in enumerate(headers):
        if name == b"cookie" and b"\\" in value:
            kept = [each for each in value.split(b";") if b"\\" not in each]
            headers[at] = (name, b";".join(kept))


class InFlightLimit:
    """`with gate:` around the work; raises Overloaded at once when `limit` are inside."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0

    def __enter__(self) -> None:
        if self._inside >= self._limit:
            raise Overloaded("Too many requests are in flight.", retry_after_s=1)
        self._inside += 1
        IN_FLIGHT.set(self._inside)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside -= 1
        IN_FLIGHT.set(self._inside)


class FairGate:
    """`with gate.place(who):` around the work; raises Overloaded at once where there is no place.

    Nobody may hold more places than are left free: one alone has half of them at most, and however
    many are greedy, a newcomer finds a place. Who is known by several names, as by an address and
    by what is asked for, takes one place, and none where one of the names holds too many.
    """

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._held: Tally[str] = Tally()

    def place(self, *who: str) -> AbstractContextManager[None]:
        return _Place(self, who)

    def take(self, *who: str) -> None:
        """One place; raises Overloaded."""
        for name in who:
            if self._held[name] >= self._free:
                raise Overloaded("Too many requests are in flight.", retry_after_s=1)
        self._free -= 1
        for name in who:
            self._held[name] += 1
        IN_FLIGHT.inc()

    def give_back(self, *who: str) -> None:
        """The place that was taken."""
        IN_FLIGHT.dec()
        self._free += 1
        for name in who:
            self._held[name] -= 1
            if not self._held[name]:
                del self._held[name]


class _Place:
    """One of a `FairGate`; no generator, because every request of the hot path passes it."""

    __slots__ = ("_gate", "_who")

    def __init__(self, gate: FairGate, who: tuple[str, ...]) -> None:
        self._gate = gate
        self._who = who

    def __enter__(self) -> None:
        self._gate.take(*self._who)

    def __exit__(self, *_: object) -> None:
        self._gate.give_back(*self._who)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(NOT_FIT)
    response.headers["Connection"] = "close"  # The next one may reach a replica that can.
    await response(scope, receive, send)


def _request_id(offered: str) -> str:
    if _SANE_ID.fullmatch(offered):
        return offered
    return os.urandom(16).hex()


def _observe(scope: Scope, status: int, seconds: float, span: tracing.Span) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = _template(scope)
    _requests_of(method, route, str(status)).inc()
    _seconds_of(method, route).observe(seconds)
    ANSWERS.count(route, status, seconds)
    if not route.startswith(ALWAYS_OPEN):  # A span that does not end is not recorded.
        span.note(status=status)
        span.end(f"{method} {route}")
    write = log.warning if status >= 500 else log.debug
    write("http.request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _template(scope: Scope) -> str:
    # A router that was included with a prefix leaves the whole template in FastAPI's own context.
    included = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(included or scope.get("route"), "path_format", "unmatched")
