"""Server-sent events of a checkout, and the same for browsers that cannot read them."""

import random
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from cashier.api.reading import DepsOf, Token, address_of, seat_of
from cashier.domain.stage import Status, status_of
from cashier.flows import following
from cashier.flows.admission import Asker
from cashier.flows.following import Viewer

HEARTBEAT_S: Final = 14.0
"""Shorter than the idle limit of any proxy on the way."""

RETRY_MS: Final = (2_000, 8_000)
"""Where a stream breaks off, the browser connects anew after so long; those of a replica that
went away all break off at once, and do not come back at once."""

FOR_SCRIPTS: Final = ("/events", "/status")
"""What no person looks at."""

HEARTBEAT: Final = b": still here\n\n"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

router = APIRouter(include_in_schema=False)


@router.get("/pay/{token}/events")
async def events(request: Request, deps: DepsOf, token: Token) -> Response:
    """Server-sent events `status`: `{status, order, stage, mark, final}`, the present one first."""
    asker = Asker(token, address_of(request))
    deps.hub.require_seat(asker.link, asker.address)  # before anything is read for it
    checkout = await following.get_known(deps, asker)
    viewer = Viewer(asker, seat_of(request, deps, checkout))
    statuses = following.follow(deps, checkout, viewer)
    first = await anext(statuses)  # a refusal is an answer of its own, not the start of a stream
    return StreamingResponse(
        _stream(request, statuses, first), media_type="text/event-stream", headers=HEADERS
    )


@router.get("/pay/{token}/status")
async def status(request: Request, deps: DepsOf, token: Token) -> Response:
    """The present status, for pages that poll."""
    checkout = await following.get_known(deps, Asker(token, address_of(request)))
    latest = status_of(checkout, seat_of(request, deps, checkout))
    return JSONResponse(_content(latest), headers=HEADERS)


async def _stream(
    request: Request, statuses: AsyncIterator[Status | None], first: Status | None
) -> AsyncIterator[bytes]:
    yield f"retry: {random.randint(*RETRY_MS)}\n\n".encode()
    if first is not None:
        yield _event(first)
    sent_at = time.monotonic()
    async for latest in statuses:
        if request.app.state.stopping:
            return
        if latest is not None:
            yield _event(latest)
        elif time.monotonic() - sent_at < HEARTBEAT_S:
            continue
        else:
            yield HEARTBEAT
        sent_at = time.monotonic()


def _event(latest: Status) -> bytes:
    return b"event: status\ndata: " + orjson.dumps(_content(latest)) + b"\n\n"


def _content(latest: Status) -> dict[str, Any]:
    return {
        "status": latest.payment,
        "order": latest.order,
        "stage": latest.stage,
        "mark": latest.mark,
        "final": latest.is_final,
    }
