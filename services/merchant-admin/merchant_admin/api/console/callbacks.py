"""Callbacks as people see them: why one did not arrive, send again, resume, replay."""

from datetime import datetime, timedelta
from typing import Any, Final, get_args
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from chassis.problems import FieldError, Problem
from chassis.web import parse
from contracts.api import CallbackType
from contracts.internal import (
    DeliveryState,
    EndpointPage,
    EndpointView,
    FoundDeliveryPage,
    ReplayRequest,
)
from contracts.words import Words
from merchant_admin.api.access import DepsOf
from merchant_admin.api.callbacks import EndpointId, ReplayId
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import PAGE, list_context
from merchant_admin.api.console.refused_forms import RefusedForm
from merchant_admin.api.console.rendering import error_page, problem_in, render, saying
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.shown import BEIJING
from merchant_admin.api.console.visiting import (
    SeenByViewer,
    SentByCentreOperator,
    SentByOperator,
    Visitor,
    to,
)
from merchant_admin.domain.errors import NoSuch, Unusable
from merchant_admin.flows import apps, callbacks, searching
from merchant_admin.flows.deps import Deps

STATES: Final[tuple[str, ...]] = get_args(DeliveryState)
TYPES: Final[tuple[str, ...]] = get_args(CallbackType)
MOMENTS: Final = ("created_from", "created_before")
REPLAY_FIELDS: Final = ("app_id", "created_from", "created_before", "type", "state", "per_s")
TEXT_CHARS: Final = 64
LATE_AFTER: Final = timedelta(minutes=1)
"""An address at which something has been due for so long is not well, whatever is known of it."""

REFUSALS: Final = frozenset({"callbacks_failed", "callbacks_404", "callbacks_422", "callbacks_429"})
NO_DELIVERIES: Final = FoundDeliveryPage(items=[], next_cursor=None)
NO_ENDPOINTS: Final = EndpointPage(items=[], next_cursor=None)

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/deliveries")
async def deliveries_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Deliveries of all apps, newest first, and the form for a replay."""
    return await _deliveries_page(request, deps, visitor)


@router.get("/deliveries/{event_id}")
async def delivery_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, event_id: str
) -> Response:
    """All that was tried for one event."""
    page, problem = NO_DELIVERIES, problem_in(request, REFUSALS)
    waits_at: dict[str, EndpointView] = {}
    try:
        page = await callbacks.find(
            deps, visitor.scope, {"event_id": event_id[:TEXT_CHARS], "limit": PAGE}
        )
        waits_at = await _addresses(deps, visitor, page)
    except Problem as refusal:
        problem = problem or _refusal_of(refusal)
    if not page.items and problem is None:
        return error_page(request, 404, visitor)
    context = {
        "visitor": visitor,
        "event_id": event_id,
        "page": page,
        "problem": problem,
        "waits_at": waits_at,
        "late_before": deps.clock() - LATE_AFTER,
        "known": await searching.read_events(deps, [event_id[:TEXT_CHARS]], visitor.scope),
        "names": await apps.read_names(deps, visitor.scope, {item.app_id for item in page.items}),
    }
    return render(request, "delivery.html", context)


@router.post("/deliveries/{event_id}/redeliver")
async def redeliver(deps: DepsOf, sent: SentByOperator, event_id: str) -> Response:
    app_id = sent.form.get("app_id", "")[:TEXT_CHARS]
    its_page = f"/console/deliveries/{quote(event_id, safe='')}"
    try:
        await callbacks.send_again(deps, sent.actor, sent.scope, app_id, event_id)
    except Problem as refusal:
        return to(f"{its_page}?problem={_refusal_of(refusal)}")
    return to(saying(its_page, "callback_sent_again"))


@router.get("/endpoints")
async def endpoints_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Where callbacks go, and which addresses are suspended."""
    filters = LISTS["endpoints"].of(request)
    wanted = {**LISTS["endpoints"].values(filters), **_page_in(request)}
    page, problem = NO_ENDPOINTS, problem_in(request, REFUSALS)
    try:
        page = await callbacks.read_endpoints(deps, visitor.scope, wanted)
    except Problem as refusal:
        problem = problem or _refusal_of(refusal)
    context = {
        "visitor": visitor,
        **await list_context(
            request,
            deps,
            visitor.scope,
            filters,
            page,
            app_ids={item.app_id for item in page.items},
            is_read=page is not NO_ENDPOINTS,
        ),
        "problem": problem,
        "late_before": deps.clock() - LATE_AFTER,
    }
    return render(request, "endpoints.html", context)


@router.post("/endpoints/{endpoint_id}/resume")
async def resume(deps: DepsOf, sent: SentByCentreOperator, endpoint_id: EndpointId) -> Response:
    try:
        await callbacks.resume(deps, sent.actor, endpoint_id)
    except Problem as refusal:
        return to(f"/console/endpoints?problem={_refusal_of(refusal)}")
    return to(saying("/console/endpoints", "endpoint_resumed"))


@router.post("/replays")
async def replay(request: Request, deps: DepsOf, sent: SentByOperator) -> Response:
    """Begin a replay; the times of the form are Beijing time."""
    try:
        begun = await callbacks.replay(deps, sent.actor, sent.scope, _request(sent.form))
    except Problem as refusal:
        refused = RefusedForm(
            status=refusal.status, given=sent.form, wrong=_wrong_of_replay(refusal)
        )
        return await _deliveries_page(request, deps, sent.visitor, refused)
    return to(f"/console/replays/{begun.replay_id}")


@router.get("/replays/{replay_id}")
async def replay_page(
    request: Request, deps: DepsOf, visitor: SeenByViewer, replay_id: ReplayId
) -> Response:
    """How far it is; the page looks again by itself until it is done."""
    try:
        it = await callbacks.read_replay(deps, visitor.scope, replay_id)
    except Problem as refusal:
        context = {"visitor": visitor, "it": None, "problem": _refusal_of(refusal)}
        return render(request, "replay.html", context, status=refusal.status)
    return render(request, "replay.html", {"visitor": visitor, "it": it, "problem": None})


async def _deliveries_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    refused: RefusedForm | None = None,
) -> Response:
    """`refused`: the form for a replay, which is filled with the list's filters otherwise."""
    filters = LISTS["callbacks"].of(request)
    wanted = {**LISTS["callbacks"].values(filters), **_page_in(request)}
    page, problem = NO_DELIVERIES, None
    try:
        page = await callbacks.find(deps, visitor.scope, wanted)
    except Problem as refusal:
        problem = _refusal_of(refusal)
    given = filters.asked if refused is None else refused.given
    named = {item.merchant_id for item in page.items if item.merchant_id}
    context = {
        "visitor": visitor,
        **await list_context(
            request,
            deps,
            visitor.scope,
            filters,
            page,
            named,
            app_ids={item.app_id for item in page.items},
            is_read=page is not NO_DELIVERIES,
        ),
        "known": await searching.read_events(
            deps, [item.event_id for item in page.items], visitor.scope
        ),
        "given": {name: given.get(name, "") for name in REPLAY_FIELDS},
        "problem": problem,
        "wrong": refused.wrong if refused else {},
        "states": STATES,
        "types": TYPES,
    }
    return render(request, "deliveries.html", context, status=refused.status if refused else 200)


async def _addresses(
    deps: Deps, visitor: Visitor, page: FoundDeliveryPage
) -> dict[str, EndpointView]:
    """Where those wait that are not delivered: what holds an address holds all that goes there."""
    found: dict[str, EndpointView] = {}
    for app_id in {item.app_id for item in page.items if item.state == "pending"}:
        wanted = {"app_id": app_id, "limit": PAGE}
        endpoints = await callbacks.read_endpoints(deps, visitor.scope, wanted)
        found |= {endpoint.address: endpoint for endpoint in endpoints.items}
    return found


def _page_in(request: Request) -> dict[str, Any]:
    after = _text(request, "after")
    return {"limit": PAGE, **({"after": after} if after else {})}


def _request(form: dict[str, str]) -> ReplayRequest:
    """Raises InvalidRequest."""
    filled = {name: form.get(name, "").strip() for name in REPLAY_FIELDS}
    given: dict[str, Any] = {name: value for name, value in filled.items() if value}
    moments: dict[str, Any] = {name: _moment(given[name]) for name in MOMENTS if name in given}
    return parse(ReplayRequest, {**given, **moments})


def _moment(text: str) -> datetime | str:
    """In Beijing time; the text where it is none, for the model to refuse."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError:
        return text


def _wrong_of_replay(refusal: Problem) -> dict[str, Words]:
    """By field; an app that does not exist, or is another's, is a wrong field too."""
    if refusal.status == NoSuch.status:
        return wrong_fields(Unusable(FieldError("/app_id", refusal.detail)))
    return wrong_fields(refusal)


def _text(request: Request, name: str) -> str:
    return request.query_params.get(name, "").replace("\0", "").strip()[:TEXT_CHARS]


def _refusal_of(refusal: Problem) -> str:
    """Which of `REFUSALS` tells it."""
    problem = f"callbacks_{refusal.status}"
    return problem if problem in REFUSALS else "callbacks_failed"
