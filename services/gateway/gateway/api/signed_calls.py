"""How a request of an app comes in: whole, bounded, authenticated, counted, and only then read.

Everything that is wrong before the signature is known to be good looks the same from outside.
"""

from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from inspect import signature
from typing import Annotated, Any, Final, TypeVar

import structlog
from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from prometheus_client import Counter
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from chassis.problems import Overloaded
from chassis.web import (
    FairGate,
    answer,
    answered_by,
    json_object,
    parse,
    read_body,
    require_no_body,
    require_single_values,
)
from gateway.admission.authentication import (
    MALFORMED,
    Authentication,
    RateLimit,
    SignedRequest,
)
from gateway.directory import App
from gateway.domain.errors import NotAuthenticated
from gateway.flows.deps import Deps

log = structlog.get_logger()

MAX_BODY_BYTES: Final = 65_536

REPLAYED: Final = {"Idempotent-Replayed": "true"}
"""On the answer to a request that was seen before: nothing was done anew."""

REFUSED = Counter(
    "paymesh_authentication_refused", "Requests of apps that were not let in", ["reason"]
)

READING: Final = frozenset({"GET", "HEAD"})

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated app, what it sent and when it signed that. The request keeps it, so it does
    not keep the request: a cycle would let all of both stay until the next garbage collection."""

    app: App
    signed_at: datetime
    signed_as: str
    content_type: str
    body: bytes

    def request(self, model: type[M]) -> M:
        """The body as this model; raises UnsupportedMediaType or InvalidRequest with pointers."""
        return parse(model, json_object(self.content_type, self.body))


@dataclass(frozen=True, slots=True)
class Admission:
    """`clock` answers seconds that only rise."""

    gate: FairGate
    authentication: Authentication
    rate: RateLimit
    clock: Callable[[], float]

    async def admit(self, request: Request) -> Caller:
        """Raises BodyTooLarge, NotAuthenticated, RateLimited or Overloaded."""
        body = await read_body(request, limit_bytes=MAX_BODY_BYTES)
        try:
            within_rate = partial(self.rate.require, self.clock())
            signer = self.authentication.identify(self._signed(request, body), within_rate)
        except NotAuthenticated as problem:
            self._count(problem, request.app.state.deps)
            raise
        content_type = request.headers.get("content-type", "")
        return Caller(signer.app, signer.signed_at, signer.signed_as, content_type, body)

    def _count(self, problem: NotAuthenticated, deps: Deps) -> None:
        REFUSED.labels(problem.reason).inc()
        log.info("authentication.refused", reason=problem.reason, app_id=problem.app_id)
        if problem.reason != MALFORMED:  # Whoever scans us signs nothing.
            deps.alerts.signatures.of_request(problem.app_id, problem.reason, self.clock())

    def _signed(self, request: Request, body: bytes) -> SignedRequest:
        scope = request.scope
        target = scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        peer, _ = scope["client"] or ("", 0)
        return SignedRequest(
            method=scope["method"],
            target=target.decode("latin-1"),
            authorization=request.headers.get("authorization", ""),
            body=body,
            peer=peer,
            forwarded_for=",".join(request.headers.getlist("x-forwarded-for")),
        )


class AppRoute(APIRoute):
    """A route for apps. A request is in flight, for its app, from the moment it is known to be
    the app's: what is not whole or not signed takes no place. Reads of one app, beyond a few, wait
    for each other.

    An endpoint that takes the caller and the deps only is called without FastAPI's ceremony. Its
    name is that of the operation in the description, which clients are generated from.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **{**options, "operation_id": endpoint.__name__})
        if self._is_plain():
            self.app = answered_by(self.get_route_handler())

    def get_route_handler(self) -> Handler:
        handle = self._call if self._is_plain() else super().get_route_handler()
        is_read = READING.issuperset(self.methods or ())
        if is_read:
            handle = _in_line(handle)
        takes_none = not is_read and "requestBody" not in (self.openapi_extra or {})

        async def admitted(request: Request) -> Response:
            admission: Admission = request.app.state.admission
            require_configuration(request.app.state.deps)
            caller = request.state.caller = await admission.admit(request)
            require_single_values(request, self)
            if takes_none:
                require_no_body(caller.body)
            with ExitStack() as place:
                place.enter_context(admission.gate.place(caller.app.app_id))
                response = await handle(request)
                if isinstance(response, StreamingResponse):
                    return _Held(response, place.pop_all())
                return response

        return admitted

    def _is_plain(self) -> bool:
        return signature(self.endpoint).parameters.keys() == {"caller", "deps"}

    async def _call(self, request: Request) -> Response:
        response: Response = await self.endpoint(
            caller=await _caller(request), deps=await _deps(request)
        )
        return response


def _in_line(handle: Handler) -> Handler:
    async def read(request: Request) -> Response:
        deps, caller = await _deps(request), await _caller(request)
        async with deps.read_lines.place(caller.app.app_id):
            return await handle(request)

    return read


class _Held(Response):
    """An answer that is made while it is sent: it keeps its place until all of it is sent, or
    nobody reads on."""

    def __init__(self, streamed: StreamingResponse, place: ExitStack) -> None:
        super().__init__(status_code=streamed.status_code)
        self._streamed, self._place = streamed, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await self._streamed(scope, receive, send)


def created(view: BaseModel, *, is_repeat: bool) -> Response:
    """201, or 200 with `Idempotent-Replayed: true`."""
    return answer(view, 200, REPLAYED) if is_repeat else answer(view, 201)


def require_configuration(deps: Deps) -> None:
    """Before we know everybody, nobody may be told that they are unknown; raises Overloaded.

    Whoever knows no app at all has met a broker that lost its records, and will be told again.
    """
    if not deps.is_configured() or deps.directory.is_empty:
        raise Overloaded("The service is still starting.")


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


CallerOf = Annotated[Caller, Depends(_caller)]
DepsOf = Annotated[Deps, Depends(_deps)]
