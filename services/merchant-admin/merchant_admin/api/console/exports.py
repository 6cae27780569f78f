"""The lists as files for spreadsheets, with the filters that stand in the address: short ones at
once, long ones in the background."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus
from merchant_admin.api.access import Work
from merchant_admin.api.console import alerts, audit, callbacks
from merchant_admin.api.console.filters import Filters
from merchant_admin.api.console.rendering import done_in, problem_in, render
from merchant_admin.api.console.visiting import Seen, SentByViewer, Visitor, to
from merchant_admin.api.exports import download, kept
from merchant_admin.api.ids import ExportId
from merchant_admin.api.paging import DEFAULT_LIMIT, id_after, page_of
from merchant_admin.domain.errors import NoSuch, TooManyExports, TooManyRows
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.exports import KEPT_FOR, MAX_ROWS, MAX_UNFINISHED
from merchant_admin.domain.listings import Asked
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import background_exports, exporting, listings
from merchant_admin.flows.background_exports import LISTINGS
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.exporting import SearchT, Source
from merchant_admin.flows.listings import Listing

HOME: Final = "/console/exports"
FORMAT: Final = "format"
LIST: Final = "list"
ASKED: Final = "export_asked"
REMOVED: Final = "export_removed"
TOO_MANY: Final = "export_too_many"

SOURCES: Final[Mapping[str, Source[Any]]] = {
    source.name: source
    for source in (exporting.ORDERS, exporting.PAYMENTS, exporting.REFUNDS, exporting.SPLITS)
}
STATES: Final[Mapping[str, Any]] = {
    "orders": OrderStatus,
    "payments": PaymentStatus,
    "refunds": RefundStatus,
    "splits": SplitStatus,
}

LISTED: Final[Mapping[str, Callable[[Request], dict[str, Any]]]] = {
    listings.CALLBACKS.name: callbacks.filters_of,
    listings.ALERTS.name: alerts.filters_of,
    listings.AUDIT.name: audit.filters_of,
}
"""The filters of the other lists that may be long."""

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def exports_page(request: Request, deps: Work, visitor: Seen) -> Response:
    """One's own; and, led here by a list that is too long, the offer to make its file."""
    query = request.query_params
    found = await background_exports.read_page(
        deps,
        visitor.username,
        visitor.scope,
        after=id_after("export", query.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.export_id)
    wanted = query.get(LIST, "")
    context = {
        "visitor": visitor,
        "page": page,
        "is_live": any(export.finished_at is None for export in page.items),
        "wanted": wanted if wanted in SOURCES or wanted in LISTED else None,
        "asked": _asked(request, wanted),
        "of_money": SOURCES,
        "kind": kind_of(request),
        "limits": {"rows": MAX_ROWS, "days": KEPT_FOR.days, "unfinished": MAX_UNFINISHED},
        "problem": problem_in(request, {TOO_MANY}),
        "done": done_in(request, {ASKED, REMOVED}),
    }
    return render(request, "exports.html", context)


@router.get("/orders")
async def export_orders(request: Request, deps: Work, visitor: Seen) -> Response:
    search = _search(request, "orders", visitor.scope)
    return await _export(request, deps, visitor, exporting.ORDERS, search)


@router.get("/payments")
async def export_payments(request: Request, deps: Work, visitor: Seen) -> Response:
    search = _search(request, "payments", visitor.scope)
    return await _export(request, deps, visitor, exporting.PAYMENTS, search)


@router.get("/refunds")
async def export_refunds(request: Request, deps: Work, visitor: Seen) -> Response:
    search = _search(request, "refunds", visitor.scope)
    return await _export(request, deps, visitor, exporting.REFUNDS, search)


@router.get("/splits")
async def export_splits(request: Request, deps: Work, visitor: Seen) -> Response:
    search = _search(request, "splits", visitor.scope)
    return await _export(request, deps, visitor, exporting.SPLITS, search)


@router.get("/{export_id}/file")
async def kept_file(deps: Work, visitor: Seen, export_id: ExportId) -> Response:
    return await kept(deps, visitor.caller, export_id)


@router.post("/{export_id}/remove")
async def remove(deps: Work, sent: SentByViewer, export_id: ExportId) -> Response:
    await background_exports.remove(deps, sent.actor, sent.scope, export_id)
    return to(f"{HOME}?done={REMOVED}")


@router.post("/in-background/{things}")
async def ask_for(request: Request, deps: Work, sent: SentByViewer, things: str) -> Response:
    """The filters stand in the address, as they do for the list."""
    source: Source[Any] | Listing[Any]
    search: Any
    if things in SOURCES:
        source, search = SOURCES[things], _search(request, things, sent.scope)
    elif things in LISTED and (sent.scope.is_all or things != listings.AUDIT.name):
        source, search = LISTINGS[things], Asked(sent.scope, LISTED[things](request))
    else:
        raise NoSuch("list")
    try:
        await background_exports.ask_for(deps, sent.actor, source, search, kind_of(request))
    except TooManyExports:
        return to(f"{HOME}?problem={TOO_MANY}")
    return to(f"{HOME}?done={ASKED}")


def kind_of(request: Request) -> FileKind:
    asked = request.query_params.get(FORMAT)
    return FileKind.XLSX if asked == FileKind.XLSX else FileKind.CSV


def _asked(request: Request, things: str) -> dict[str, Any]:
    """The filters that hold, for people to see."""
    if things in LISTED:
        return LISTED[things](request)
    return Filters.of(request, STATES.get(things, ())).asked


def _search(request: Request, things: str, scope: Scope) -> Any:
    filters = Filters.of(request, STATES[things])
    if things == "splits":
        return filters.split_search(scope, None)
    return filters.search(scope, None)


async def _export(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    source: Source[SearchT],
    search: SearchT,
) -> Response:
    """A list that is too long leads to where its file is made in the background."""
    try:
        return await download(deps, visitor.caller, source, search, kind_of(request))
    except TooManyRows:
        query = request.url.include_query_params(**{LIST: source.name}).query
        return to(f"{HOME}?{query}")
