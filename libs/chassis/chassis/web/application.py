"""The application every service starts from, and the server that runs it."""

import asyncio
import gc
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import SecretStr

from chassis.problems import FieldError, InvalidRequest, NotFound, Unauthenticated
from chassis.settings import Settings
from chassis.web.edge import Edge
from chassis.web.errors import register_handlers

MAX_BODY_BYTES = 1_048_576  # What no request may pass; `read_json_object` sets a smaller limit.
READY_LIMIT_S = 3.0
GRACE_S = 15  # Running requests get this long to finish after SIGTERM.
KEEP_ALIVE_S = 75  # Longer than any client of ours keeps an idle connection.
UNUSED: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""`Edge` measures; FastAPI's own telemetry looks for its providers with every request."""

Ready = Callable[[], Awaitable[Mapping[str, bool]]]
Alive = Callable[[], Mapping[str, bool]]


def create_app(
    *,
    service: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ready: Ready | None = None,
    alive: Alive | None = None,
    away: Sequence[type[Exception]] = (),
    docs: bool = False,
) -> FastAPI:
    """The application with request ids, metrics, problem answers and health routes in place.

    `ready` and `alive` answer named checks; one that is False, or no answer within 3 s, makes
    `/health/ready` or `/health/live` 503. `ready` tells whether traffic is welcome, `alive`
    whether a restart would help. `away`: what endpoints raise when something they need is away or
    too busy for the moment, as `database.AWAY`; answered 503 instead of 500.
    """
    app = FastAPI(
        title=service,
        lifespan=lifespan,
        docs_url="/docs" if docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if docs else None,
        redirect_slashes=False,
        telemetry=UNUSED,
    )
    app.state.stopping = False
    app.add_middleware(Edge, max_body_bytes=MAX_BODY_BYTES)
    register_handlers(app, away)
    _add_health(app, ready, alive)
    return app


def require_service_token(token: SecretStr) -> Callable[[Request], Awaitable[None]]:
    """A dependency that answers 401 unless the caller shows `Authorization: Bearer <token>`."""
    expected = b"Bearer " + token.get_secret_value().encode()

    async def check(request: Request) -> None:
        shown = request.headers.get("authorization", "").encode("latin-1")
        if not hmac.compare_digest(shown, expected):
            raise Unauthenticated("The service token is missing or wrong.")

    return check


async def refuse_nul(request: Request) -> None:
    """A dependency for whatever asks a database, whose texts never hold the character NUL: there is
    nothing of such a name (404), and no cursor `after` (422)."""
    if "\0" in request.query_params.get("after", ""):
        fault = FieldError("/after", "is not a cursor of this list")
        raise InvalidRequest("The cursor is not one of ours.", errors=[fault])
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise NotFound("There is no such thing.")


def serve(app: FastAPI, settings: Settings) -> None:
    """Run under uvicorn until SIGTERM or SIGINT; readiness is off from that moment.

    Running requests are finished (at most 15 s), then the lifespan ends: that is where background
    loops stop.
    """
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    collect_rarely()
    _Server(config, app).run()


def collect_rarely() -> None:
    """For programs whose imports are done: requests and batches make many objects and few cycles,
    and looking for cycles at every 700th of them, among all that was imported, takes a fifth of
    the CPU."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.stopping = True
        super().handle_exit(sig, frame)


def _add_health(app: FastAPI, ready: Ready | None, alive: Alive | None) -> None:
    @app.get("/health/live", include_in_schema=False)
    async def live() -> Response:
        return _checked(alive() if alive else {})

    @app.get("/health/ready", include_in_schema=False)
    async def readiness() -> Response:
        if app.state.stopping:
            return _checked({"running": False})
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                return _checked(await ready() if ready else {})
        except TimeoutError:
            return _checked({"answered_in_time": False})

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _checked(checks: Mapping[str, bool]) -> Response:
    good = all(checks.values())
    return JSONResponse(
        {"status": "ok" if good else "unavailable", "checks": dict(checks)},
        status_code=200 if good else 503,
    )
