"""Callbacks as people see them: why one did not arrive, send again, resume, replay; and alerts."""

from datetime import datetime
from typing import Any, Final, get_args
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from contracts.api import CallbackType
from contracts.internal import AlertTest, EndpointPage, FoundDeliveryPage, ReplayRequest
from merchant_admin.api.access import Work
from merchant_admin.api.callbacks import DeliveryState, EndpointId, ReplayId
from merchant_admin.api.console.rendering import error_page, problem_in, render
from merchant_admin.api.console.shown import BEIJING
from merchant_admin.api.console.visiting import (
    Seen,
    SeenByCentre,
    SeenByOperator,
    SentByCentreOperator,
    SentByOperator,
    Visitor,
    to,
)
from merchant_admin.flows import apps, callbacks, searching
from merchant_admin.flows.deps import Deps

PAGE: Final = 50
STATES: Final[tuple[str, ...]] = get_args(DeliveryState)
TYPES: Final[tuple[str, ...]] = get_args(CallbackType)
FILTERS: Final = ("app_id", "event_id", "type", "state")
REPLAY_FIELDS: Final = ("app_id", "created_from", "created_before", "type", "state", "per_s")
TEXT_CHARS: Final = 64

REFUSALS: Final = frozenset({"callbacks_failed", "callbacks_404", "callbacks_422", "callbacks_429"})
NO_DELIVERIES: Final = FoundDeliveryPage(items=[], next_cursor=None)
NO_ENDPOINTS: Final = EndpointPage(items=[], next_cursor=None)

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/deliveries")
async def deliveries_page(request: Request, deps: Work, visitor: Seen) -> Response:
    """Deliveries of all apps, newest first, and the form for a replay."""
    asked = {name: _text(request, name) for name in (*FILTERS, *REPLAY_FIELDS)}
    asked["app_id"] = asked["app_id"] or await _own_app(deps, visitor)
    wanted = {name: asked[name] for name in FILTERS} | {"after": _text(request, "after")}
    filters = {**_given(wanted), "limit": PAGE}
    page, problem = NO_DELIVERIES, None
    try:
        page = await callbacks.find(deps, visitor.scope, filters)
    except Problem as refusal:
        problem = _told(refusal)
    facts = {"page": page, "asked": asked, "problem": problem, "states": STATES, "types": TYPES}
    known = await searching.find_events(deps, [item.event_id for item in page.items])
    return render(request, "deliveries.html", {"visitor": visitor, "known": known, **facts})


@router.get("/deliveries/{event_id}")
async def delivery_page(
    request: Request, deps: Work, visitor: SeenByCentre, event_id: str
) -> Response:
    """All that was tried for one event."""
    page, problem = NO_DELIVERIES, problem_in(request, REFUSALS)
    try:
        page = await callbacks.find(
            deps, visitor.scope, {"event_id": event_id[:TEXT_CHARS], "limit": PAGE}
        )
    except Problem as refusal:
        problem = problem or _told(refusal)
    if not page.items and problem is None:
        return error_page(request, 404, visitor)
    facts = {
        "visitor": visitor,
        "event_id": event_id,
        "page": page,
        "problem": problem,
        "known": await searching.find_events(deps, [event_id[:TEXT_CHARS]]),
    }
    return render(request, "delivery.html", facts)


@router.post("/deliveries/{event_id}/redeliver")
async def redeliver(deps: Work, sent: SentByCentreOperator, event_id: str) -> Response:
    app_id = sent.form.get("app_id", "")[:TEXT_CHARS]
    its_page = f"/console/deliveries/{quote(event_id, safe='')}"
    try:
        await callbacks.send_again(deps, sent.actor, sent.scope, app_id, event_id)
    except Problem as refusal:
        return to(f"{its_page}?problem={_told(refusal)}")
    return to(its_page)


@router.get("/endpoints")
async def endpoints_page(request: Request, deps: Work, visitor: Seen) -> Response:
    """Where callbacks go, and which addresses are suspended."""
    asked = {name: _text(request, name) for name in ("app_id", "suspended")}
    asked["app_id"] = asked["app_id"] or await _own_app(deps, visitor)
    filters = {**_given(asked | {"after": _text(request, "after")}), "limit": PAGE}
    page, problem = NO_ENDPOINTS, problem_in(request, REFUSALS)
    try:
        page = await callbacks.find_endpoints(deps, visitor.scope, filters)
    except Problem as refusal:
        problem = problem or _told(refusal)
    facts = {"visitor": visitor, "page": page, "asked": asked, "problem": problem}
    return render(request, "endpoints.html", facts)


@router.post("/endpoints/{endpoint_id}/resume")
async def resume(deps: Work, sent: SentByCentreOperator, endpoint_id: EndpointId) -> Response:
    try:
        await callbacks.resume(deps, sent.actor, endpoint_id)
    except Problem as refusal:
        return to(f"/console/endpoints?problem={_told(refusal)}")
    return to("/console/endpoints")


@router.post("/replays")
async def replay(request: Request, deps: Work, sent: SentByOperator) -> Response:
    """Begin a replay; the times of the form are Beijing time."""
    try:
        begun = await callbacks.replay(deps, sent.actor, sent.scope, _request(sent.form))
    except (Problem, ValueError) as refusal:
        facts = {
            "page": NO_DELIVERIES,
            "asked": {name: sent.form.get(name, "") for name in (*FILTERS, *REPLAY_FIELDS)},
            "problem": _told(refusal) if isinstance(refusal, Problem) else "replay_refused",
            "states": STATES,
            "types": TYPES,
            "known": {},
        }
        return render(request, "deliveries.html", {"visitor": sent.visitor, **facts}, status=422)
    return to(f"/console/replays/{begun.replay_id}")


@router.get("/replays/{replay_id}")
async def replay_page(request: Request, deps: Work, visitor: Seen, replay_id: ReplayId) -> Response:
    """How far it is; the page looks again by itself until it is done."""
    try:
        it = await callbacks.read_replay(deps, visitor.scope, replay_id)
    except Problem as refusal:
        facts = {"visitor": visitor, "it": None, "problem": _told(refusal)}
        return render(request, "replay.html", facts, status=refusal.status)
    return render(request, "replay.html", {"visitor": visitor, "it": it, "problem": None})


@router.get("/alerts")
async def alerts_page(request: Request, visitor: SeenByOperator) -> Response:
    """The button that sends a trial to people."""
    return _alerts_page(request, visitor, None)


@router.post("/alerts/test")
async def send_trial(request: Request, deps: Work, sent: SentByCentreOperator) -> Response:
    try:
        tested = await callbacks.send_trial(deps, sent.actor, None)
    except Problem as refusal:
        return _alerts_page(request, sent.visitor, None, problem=_told(refusal))
    return _alerts_page(request, sent.visitor, tested)


def _alerts_page(
    request: Request, visitor: Visitor, tested: AlertTest | None, *, problem: str | None = None
) -> Response:
    facts = {"visitor": visitor, "tested": tested, "problem": problem}
    return render(request, "alerts.html", facts)


async def _own_app(deps: Deps, visitor: Visitor) -> str:
    """The notifier is asked about one app at a time for people who do not see all: the first of
    theirs where they named none; "" for all."""
    if visitor.sees_all:
        return ""
    own = await apps.read_page(deps, visitor.scope, after=None, limit=1)
    return own[0].app_id if own else ""


def _request(form: dict[str, str]) -> ReplayRequest:
    """Raises ValueError."""
    given = _given({name: form.get(name, "").strip() for name in REPLAY_FIELDS})
    moments: dict[str, Any] = {
        name: datetime.fromisoformat(given[name]).replace(tzinfo=BEIJING)
        for name in ("created_from", "created_before")
        if name in given
    }
    return ReplayRequest.model_validate({**given, **moments})


def _text(request: Request, name: str) -> str:
    return request.query_params.get(name, "").replace("\0", "").strip()[:TEXT_CHARS]


def _given(asked: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}


def _told(refusal: Problem) -> str:
    """Which of `REFUSALS` tells it."""
    problem = f"callbacks_{refusal.status}"
    return problem if problem in REFUSALS else "callbacks_failed"
