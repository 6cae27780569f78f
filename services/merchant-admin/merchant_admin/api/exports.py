"""`/api/exports/…`: the lists as files for spreadsheets, with the parameters of each list."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from merchant_admin.api.access import Viewer, Work
from merchant_admin.api.export_files import MEDIA_TYPES, FileKind, download
from merchant_admin.api.search import OrderQuery, PaymentQuery, RefundQuery
from merchant_admin.api.splits import SplitQuery
from merchant_admin.flows import exporting

router = APIRouter(prefix="/api/exports")

FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "All that is found, the newest first: UTF-8 with BOM, or a workbook. "
        "Amounts are decimal numbers, times Beijing's; at most 50,000 rows. Audited.",
        "content": {
            media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA_TYPES.values()
        },
    }
}


class _AsFile(BaseModel):
    """`after` and `limit` say nothing here: the file has all."""

    format: FileKind = FileKind.CSV


class OrderExport(OrderQuery, _AsFile):
    pass


class PaymentExport(PaymentQuery, _AsFile):
    pass


class RefundExport(RefundQuery, _AsFile):
    pass


class SplitExport(SplitQuery, _AsFile):
    pass


@router.get("/orders", response_class=StreamingResponse, responses=FILE)
async def export_orders(
    deps: Work, caller: Viewer, query: Annotated[OrderExport, Query()]
) -> StreamingResponse:
    source, search = exporting.ORDERS, query.search(caller.scope)
    pages = await exporting.export(deps, caller.actor, source, search, kind=query.format)
    return download(source.table, pages, query.format, deps.clock())


@router.get("/payments", response_class=StreamingResponse, responses=FILE)
async def export_payments(
    deps: Work, caller: Viewer, query: Annotated[PaymentExport, Query()]
) -> StreamingResponse:
    source, search = exporting.PAYMENTS, query.search(caller.scope)
    pages = await exporting.export(deps, caller.actor, source, search, kind=query.format)
    return download(source.table, pages, query.format, deps.clock())


@router.get("/refunds", response_class=StreamingResponse, responses=FILE)
async def export_refunds(
    deps: Work, caller: Viewer, query: Annotated[RefundExport, Query()]
) -> StreamingResponse:
    source, search = exporting.REFUNDS, query.search(caller.scope)
    pages = await exporting.export(deps, caller.actor, source, search, kind=query.format)
    return download(source.table, pages, query.format, deps.clock())


@router.get("/splits", response_class=StreamingResponse, responses=FILE)
async def export_splits(
    deps: Work, caller: Viewer, query: Annotated[SplitExport, Query()]
) -> StreamingResponse:
    source, search = exporting.SPLITS, query.search(caller.scope)
    pages = await exporting.export(deps, caller.actor, source, search, kind=query.format)
    return download(source.table, pages, query.format, deps.clock())
