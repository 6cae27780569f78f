"""The lists as files for spreadsheets, with the filters that stand in the address: short ones at
once, long ones in the background."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from foundation.pages import language_asked
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import Filters, list_context
from merchant_admin.api.console.rendering import done_in, problem_in, render
from merchant_admin.api.console.visiting import SeenByViewer, SentByViewer, Visitor, to
from merchant_admin.api.exports import download, kept
from merchant_admin.api.ids import ExportId
from merchant_admin.api.paging import DEFAULT_LIMIT, id_after, page_of
from merchant_admin.domain.errors import NoSuch, TooManyExports, TooManyRows
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.exports import KEPT_FOR, MAX_ROWS, MAX_UNFINISHED
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import background_exports, listings, money_listings
from merchant_admin.flows.background_exports import LISTINGS
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.exporting import Exportable

HOME: Final = "/console/exports"
FORMAT: Final = "format"
LIST: Final = "wanted"
ASKED: Final = "export_asked"
REMOVED: Final = "export_removed"
TOO_MANY: Final = "export_too_many"

OF_MONEY: Final = frozenset({"orders", "payments", "refunds", "splits"})
OF_THE_CENTRE: Final = frozenset({listings.AUDIT.name, listings.DEAD_LETTERS.name})
"""Lists of no merchant."""

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def exports_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """One's own; and, led here by a list that is too long, the offer to make its file: the
    filters in the address are then those of that list."""
    query = request.query_params
    wanted = query.get(LIST, "")
    is_known = wanted in LISTINGS
    exports = LISTS["exports"]
    filters = Filters(exports.fields, {}) if is_known else exports.of(request)
    found = await background_exports.read_page(
        deps,
        visitor.username,
        exports.query(filters, visitor.scope),
        after=id_after("export", query.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.export_id)
    context = {
        "visitor": visitor,
        **await list_context(request, deps, visitor.scope, filters, page),
        "is_live": any(export.finished_at is None for export in page.items),
        "wanted": wanted if is_known else None,
        "wanted_filters": LISTS[wanted].of(request) if is_known else None,
        "kind": kind_of(request),
        "limits": {"rows": MAX_ROWS, "days": KEPT_FOR.days, "unfinished": MAX_UNFINISHED},
        "problem": problem_in(request, {TOO_MANY}),
        "done": done_in(request, {ASKED, REMOVED}),
    }
    return render(request, "exports.html", context)


@router.get("/orders")
async def export_orders(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, money_listings.ORDERS)


@router.get("/payments")
async def export_payments(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, money_listings.PAYMENTS)


@router.get("/refunds")
async def export_refunds(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, money_listings.REFUNDS)


@router.get("/splits")
async def export_splits(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    return await export(request, deps, visitor, money_listings.SPLITS)


@router.get("/{export_id}/file")
async def kept_file(deps: DepsOf, visitor: SeenByViewer, export_id: ExportId) -> Response:
    return await kept(deps, visitor.caller, export_id)


@router.post("/{export_id}/remove")
async def remove(deps: DepsOf, sent: SentByViewer, export_id: ExportId) -> Response:
    await background_exports.remove(deps, sent.actor, sent.scope, export_id)
    return to(f"{HOME}?done={REMOVED}")


@router.post("/in-background/{things}")
async def ask_for(request: Request, deps: DepsOf, sent: SentByViewer, things: str) -> Response:
    """The filters stand in the address, as they do for the list."""
    if things not in LISTINGS or (things in OF_THE_CENTRE and not sent.scope.is_all):
        raise NoSuch("list")
    query = query_of(request, things, sent.scope)
    try:
        await background_exports.ask_for(
            deps, sent.actor, LISTINGS[things], query, kind_of(request),
            language=language_asked(request),
        )  # fmt: skip
    except TooManyExports:
        return to(f"{HOME}?problem={TOO_MANY}")
    return to(f"{HOME}?done={ASKED}")


def kind_of(request: Request) -> FileKind:
    asked = request.query_params.get(FORMAT)
    return FileKind.XLSX if asked == FileKind.XLSX else FileKind.CSV


def query_of(request: Request, things: str, scope: Scope) -> Any:
    """What the address asks this list for, as its listing takes it."""
    filters = LISTS[things].of(request)
    if things == money_listings.SPLITS.name:
        return filters.split_search(scope, None)
    if things in OF_MONEY:
        return filters.search(scope, None)
    return LISTS[things].query(filters, scope)


async def export(
    request: Request, deps: Deps, visitor: Visitor, listing: Exportable[Any]
) -> Response:
    """One that is too long leads to where its file is made in the background."""
    query = query_of(request, listing.name, visitor.scope)
    try:
        return await download(
            deps, visitor.caller, listing, query, kind_of(request), language=language_asked(request)
        )
    except TooManyRows:
        if not listing.is_long:
            raise
        address = request.url.include_query_params(**{LIST: listing.name}).query
        return to(f"{HOME}?{address}")
