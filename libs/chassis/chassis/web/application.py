"""The applications every service starts from: one for its own network, one for the world."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from chassis.background import Gate
from chassis.problems import FieldError, InvalidRequest, NotFound
from chassis.settings import AcceptedToken
from chassis.web.callers import Callers
from chassis.web.edge import Edge
from chassis.web.errors import register_handlers

MAX_BODY_BYTES = 1_048_576  # What no request may pass; `read_json_object` sets a smaller limit.
READY_LIMIT_S = 3.0
READY = Gauge("paymesh_ready", "Whether traffic was welcome when that was last asked")
BUILD = Gauge("paymesh_build_info", "What runs here", ["service", "version"])
UNUSED: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""`Edge` measures; FastAPI's own telemetry looks for its providers with every request."""


class Remark(str):
    """What there is to say of a check that holds."""


Ready = Callable[[], Awaitable[Mapping[str, bool | str]]]
"""Each check holds (True, or a `Remark`), or does not: False, or the words why not."""

Alive = Callable[[], Mapping[str, bool]]


First = Callable[[dict[str, bool | str]], Awaitable[None]]
"""Returns when it has come true; until then it keeps the named checks, with the words why not."""


class PublicApp(FastAPI):
    """What stands on the port that everybody reaches. `private`, for the port that only our own
    network reaches, has the same state; whatever starts and stops is this one's lifespan."""

    def __init__(self, private: FastAPI, **settings: Any) -> None:
        super().__init__(**settings)
        self.private = private
        self.state = private.state


def create_app(
    *,
    service: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ready: Ready | None = None,
    alive: Alive | None = None,
    away: Sequence[type[Exception]] = (),
    accepted: Sequence[AcceptedToken] = (),
    gate: Gate | None = None,
) -> FastAPI:
    """The application of a service that nobody outside calls: request ids, metrics, problem
    answers and health routes in place.

    `ready` and `alive` answer named checks; one that does not hold, or no answer within 3 s, makes
    `/health/ready` or `/health/live` 503. `ready` tells whether traffic is welcome, `alive`
    whether a restart would help. `away`: what endpoints raise when something they need is away or
    too busy for the moment, as `database.AWAY`; answered 503 instead of 500. `accepted`: the tokens
    of those who may call a route that is `CalledBy` them. While the `gate` is shut, all but health
    and metrics is 503: connections that are open already go on bringing requests.
    """
    BUILD.labels(service, version("chassis")).set(1)
    app = FastAPI(**_options(service), lifespan=lifespan)
    app.state.stopping = False
    app.state.callers = Callers(accepted)
    _prepare(app, away, gate)
    _add_health(app, ready, alive)
    return app


def create_public_app(
    *,
    service: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ready: Ready | None = None,
    alive: Alive | None = None,
    away: Sequence[type[Exception]] = (),
    accepted: Sequence[AcceptedToken] = (),
    gate: Gate | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> PublicApp:
    """The two applications of a service that is called from outside, too. All that is not for
    the world (health, metrics, `/internal`) belongs into its `private`. `max_body_bytes`: of the
    public one, where people may send larger files."""
    private = create_app(
        service=service,
        lifespan=_none,
        ready=ready,
        alive=alive,
        away=away,
        accepted=accepted,
        gate=gate,
    )
    app = PublicApp(private, **_options(service), lifespan=lifespan)
    _prepare(app, away, gate, max_body_bytes)
    return app


def create_waiting_app(service: str, reasons: Mapping[str, bool | str]) -> FastAPI:
    """The private port of a service that cannot begin yet: alive, and not ready for `reasons`."""

    async def ready() -> Mapping[str, bool | str]:
        return {"started": False, **reasons}

    return create_app(service=service, lifespan=_none, ready=ready, gate=Gate(is_open=False))


async def refuse_nul_in_path(request: Request) -> None:
    """A dependency for whatever asks a database, whose texts never hold the character NUL: there is
    nothing of such a name (404)."""
    if "\0" in request.scope["path"]:
        raise NotFound("There is no such thing.")


async def refuse_nul(request: Request) -> None:
    """As `refuse_nul_in_path`, and for the query: there is no cursor `after` of such a name (422),
    either."""
    await refuse_nul_in_path(request)
    if "\0" in request.query_params.get("after", ""):
        fault = FieldError("/after", "is not a cursor of this list")
        raise InvalidRequest("The cursor is not one of ours.", errors=[fault])
    if b"%00" in request.scope["query_string"]:
        raise NotFound("There is no such thing.")


def _options(service: str) -> dict[str, Any]:
    return {
        "title": service,
        "docs_url": None,
        "redoc_url": None,
        "openapi_url": None,
        "redirect_slashes": False,
        "telemetry": UNUSED,
    }


@asynccontextmanager
async def _none(_: FastAPI) -> AsyncIterator[None]:
    yield


def _prepare(
    app: FastAPI,
    away: Sequence[type[Exception]],
    gate: Gate | None,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> None:
    app.add_middleware(Edge, max_body_bytes=max_body_bytes, gate=gate)
    register_handlers(app, away)


def _add_health(app: FastAPI, ready: Ready | None, alive: Alive | None) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> Response:
        return _checked(alive() if alive else {})

    @app.get("/health/ready", include_in_schema=False)
    async def readiness() -> Response:
        answer = _checked(await checks())
        READY.set(answer.status_code == 200)
        return answer

    async def checks() -> Mapping[str, bool | str]:
        if app.state.stopping:
            return {"running": False}
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                return await ready() if ready else {}
        except TimeoutError:
            return {"answered_in_time": False}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _checked(checks: Mapping[str, bool | str]) -> Response:
    held = {n: check is True or isinstance(check, Remark) for n, check in checks.items()}
    reasons = {name: check for name, check in checks.items() if isinstance(check, str)}
    good = all(held.values())
    body = {"status": "ok" if good else "unavailable", "checks": held}
    return JSONResponse(
        {**body, "reasons": reasons} if reasons else body, status_code=200 if good else 503
    )
