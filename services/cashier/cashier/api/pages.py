"""`/pay/{token}`: the page, the choice, the live status."""

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import AfterValidator

from cashier.api.forms import read_form
from cashier.api.rendering import render_checkout, render_problem
from cashier.domain.stage import Status
from cashier.flows import checkouts
from cashier.flows.checkouts import Deps
from chassis.problems import NotFound, Problem

HEARTBEAT_S: Final = 15.0
"""Shorter than the idle limit of any proxy on the way."""

RETRY_MS: Final = 2_000
HEARTBEAT: Final = b": still here\n\n"

_STATIC: Final = Path(__file__).parent / "static"
_TOKEN: Final = re.compile(r"P[0-9A-Z]{26}\.[0-9A-Za-z_-]{22}", re.ASCII)
_OFFER: Final = re.compile(r"C[0-9A-Z]{26}", re.ASCII)

router = APIRouter(include_in_schema=False)


def add_to(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(Problem, _problem_page)


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


def _with_form_of_a_token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise NotFound("There is no such checkout.")
    return text


Work = Annotated[Deps, Depends(_deps)]
Token = Annotated[str, AfterValidator(_with_form_of_a_token)]


@router.get("/pay/{token}")
async def show(request: Request, deps: Work, token: Token) -> Response:
    checkout = await checkouts.get_checkout(deps, token)
    return render_checkout(request, token, checkout, deps.clock())


@router.post("/pay/{token}/channel")
async def choose(request: Request, deps: Work, token: Token) -> Response:
    """To the page of the attempt that this choice made, or back with the reason why not."""
    payment_id = (await read_form(request)).get("payment_id", "")
    if not _OFFER.fullmatch(payment_id):
        raise NotFound("There is no such offer.")
    client_ip = request.client.host if request.client else None
    choice = await checkouts.choose(deps, token, payment_id, client_ip)
    notice = f"?notice={choice.refusal}" if choice.refusal else ""
    return RedirectResponse(f"/pay/{choice.token}{notice}", status_code=303)


@router.get("/pay/{token}/events")
async def events(request: Request, deps: Work, token: Token) -> Response:
    """Server-sent events `status`: `{status, order, stage, mark, final}`, the present one first."""
    checkout = await checkouts.get_checkout(deps, token)
    statuses = checkouts.follow(deps, checkout, token)
    first = await anext(statuses)  # Too many streams is an answer with a status, not a broken one.
    return StreamingResponse(
        _stream(request, statuses, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    request: Request, statuses: AsyncIterator[Status | None], first: Status | None
) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    if first is not None:
        yield _event(first)
    sent_at = time.monotonic()
    async for status in statuses:
        if request.app.state.stopping:
            return
        if status is not None:
            yield _event(status)
        elif time.monotonic() - sent_at < HEARTBEAT_S:
            continue
        else:
            yield HEARTBEAT
        sent_at = time.monotonic()


def _event(status: Status) -> bytes:
    data = {
        "status": status.payment,
        "order": status.order,
        "stage": status.stage,
        "mark": status.mark,
        "final": status.is_final,
    }
    return b"event: status\ndata: " + orjson.dumps(data) + b"\n\n"


async def _problem_page(request: Request, problem: Exception) -> Response:
    """People see a page, not problem+json."""
    assert isinstance(problem, Problem)
    return render_problem(request, problem)
