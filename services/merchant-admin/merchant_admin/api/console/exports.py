"""The lists as files for spreadsheets, with the filters that stand in the address."""

from typing import Final

from fastapi import APIRouter, Request, Response

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus
from merchant_admin.api.access import Work
from merchant_admin.api.console.filters import TOO_MANY_ROWS, Filters
from merchant_admin.api.console.rendering import PROBLEM
from merchant_admin.api.console.visiting import Seen, Visitor, to
from merchant_admin.api.export_files import FileKind, download
from merchant_admin.domain.errors import TooManyRows
from merchant_admin.domain.export_tables import FoundT
from merchant_admin.flows import exporting
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.exporting import SearchT, Source

FORMAT: Final = "format"

router = APIRouter(include_in_schema=False, prefix="/console/exports")


@router.get("/orders")
async def export_orders(request: Request, deps: Work, visitor: Seen) -> Response:
    search = Filters.of(request, OrderStatus).search(visitor.scope, None)
    return await _export(request, deps, visitor, exporting.ORDERS, search)


@router.get("/payments")
async def export_payments(request: Request, deps: Work, visitor: Seen) -> Response:
    search = Filters.of(request, PaymentStatus).search(visitor.scope, None)
    return await _export(request, deps, visitor, exporting.PAYMENTS, search)


@router.get("/refunds")
async def export_refunds(request: Request, deps: Work, visitor: Seen) -> Response:
    search = Filters.of(request, RefundStatus).search(visitor.scope, None)
    return await _export(request, deps, visitor, exporting.REFUNDS, search)


@router.get("/splits")
async def export_splits(request: Request, deps: Work, visitor: Seen) -> Response:
    search = Filters.of(request, SplitStatus).split_search(visitor.scope, None)
    return await _export(request, deps, visitor, exporting.SPLITS, search)


async def _export(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    source: Source[SearchT, FoundT],
    search: SearchT,
) -> Response:
    """A list that is too long leads back to its page, which says so."""
    asked = request.query_params
    kind = FileKind.XLSX if asked.get(FORMAT) == FileKind.XLSX else FileKind.CSV
    try:
        pages = await exporting.export(deps, visitor.caller.actor, source, search, kind=kind)
    except TooManyRows:
        url = request.url.include_query_params(**{PROBLEM: TOO_MANY_ROWS})
        query = url.remove_query_params(FORMAT).query
        return to(f"/console/{source.table.name}?{query}")
    return download(source.table, pages, kind, deps.clock())
