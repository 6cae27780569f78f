"""`/api/exports/…`: the lists as files for spreadsheets, with the parameters of each list.

Up to 50,000 rows a file is made while it is read (GET); more is made in the background (POST).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from chassis.web import Language
from merchant_admin.api.access import Caller, DepsOf, Viewer
from merchant_admin.api.ids import ExportId
from merchant_admin.api.list_queries import ExportParameters
from merchant_admin.api.paging import Page, id_after, page_of
from merchant_admin.api.search import OrderQuery, PaymentQuery, RefundQuery
from merchant_admin.api.splits import SplitQuery
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.exports import Export, ExportState
from merchant_admin.flows import background_exports, export_files, exporting
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.exporting import Exportable, QueryT
from merchant_admin.flows.money_listings import ORDERS, PAYMENTS, REFUNDS, SPLITS
from merchant_admin.flows.wording import words_of

router = APIRouter(prefix="/api/exports")


def _file(description: str) -> dict[int | str, dict[str, Any]]:
    content = {
        media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
        for media in export_files.MEDIA_TYPES.values()
    }
    return {200: {"description": description, "content": content}}


FILE: Final = _file(
    "All that is found, the newest first: UTF-8 with BOM, or a workbook. "
    "Amounts are decimal numbers, times Beijing's; at most 50,000 rows. Audited."
)
KEPT_FILE: Final = _file("As `GET /api/exports/{list}`, of up to a million rows. Audited.")


class AsFile(BaseModel):
    """`after` and `limit` say nothing here: the file has all."""

    format: FileKind = FileKind.CSV


class OrderExport(OrderQuery, AsFile):
    pass


class PaymentExport(PaymentQuery, AsFile):
    pass


class RefundExport(RefundQuery, AsFile):
    pass


class SplitExport(SplitQuery, AsFile):
    pass


class ExportView(BaseModel):
    """A file that is made in the background. `rows`: so far, of `rows_in_all`, null until they are
    counted. It is kept until `kept_until`."""

    export_id: str
    list: str
    format: FileKind
    state: ExportState
    rows: int
    rows_in_all: int | None
    percent: int | None
    created_at: datetime
    finished_at: datetime | None
    kept_until: datetime


@router.get("/orders", response_class=StreamingResponse, responses=FILE)
async def export_orders(
    deps: DepsOf, caller: Viewer, query: Annotated[OrderExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, ORDERS, query.search(caller.scope), query.format)


@router.get("/payments", response_class=StreamingResponse, responses=FILE)
async def export_payments(
    deps: DepsOf, caller: Viewer, query: Annotated[PaymentExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, PAYMENTS, query.search(caller.scope), query.format)


@router.get("/refunds", response_class=StreamingResponse, responses=FILE)
async def export_refunds(
    deps: DepsOf, caller: Viewer, query: Annotated[RefundExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, REFUNDS, query.search(caller.scope), query.format)


@router.get("/splits", response_class=StreamingResponse, responses=FILE)
async def export_splits(
    deps: DepsOf, caller: Viewer, query: Annotated[SplitExport, Query()]
) -> StreamingResponse:
    return await download(deps, caller, SPLITS, query.search(caller.scope), query.format)


@router.post("/orders", status_code=202)
async def ask_for_orders(
    deps: DepsOf, caller: Viewer, query: Annotated[OrderExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, ORDERS, query.search(caller.scope), query.format)


@router.post("/payments", status_code=202)
async def ask_for_payments(
    deps: DepsOf, caller: Viewer, query: Annotated[PaymentExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, PAYMENTS, query.search(caller.scope), query.format)


@router.post("/refunds", status_code=202)
async def ask_for_refunds(
    deps: DepsOf, caller: Viewer, query: Annotated[RefundExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, REFUNDS, query.search(caller.scope), query.format)


@router.post("/splits", status_code=202)
async def ask_for_splits(
    deps: DepsOf, caller: Viewer, query: Annotated[SplitExport, Query()]
) -> ExportView:
    """Have a file of up to a million rows made; the parameters are those of the list."""
    return await ask_for(deps, caller, SPLITS, query.search(caller.scope), query.format)


@router.get("")
async def list_exports(
    deps: DepsOf, caller: Viewer, query: Annotated[ExportParameters, Query()]
) -> Page[ExportView]:
    """Your own of the last seven days, the newest first."""
    found = await background_exports.read_page(
        deps,
        caller.username,
        query.query(caller.scope),
        after=id_after("export", query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=_view, place=lambda it: it.export_id)


@router.get("/{export_id}")
async def get_export(deps: DepsOf, caller: Viewer, export_id: ExportId) -> ExportView:
    return _view(await background_exports.read(deps, caller.username, caller.scope, export_id))


@router.get("/{export_id}/file", response_class=StreamingResponse, responses=KEPT_FILE)
async def get_file(deps: DepsOf, caller: Viewer, export_id: ExportId) -> StreamingResponse:
    """404 as long as it is not done."""
    return await kept(deps, caller, export_id)


@router.delete("/{export_id}", status_code=204)
async def delete_export(deps: DepsOf, caller: Viewer, export_id: ExportId) -> Response:
    """Also one that is still being made."""
    await background_exports.remove(deps, caller.actor, caller.scope, export_id)
    return Response(status_code=204)


async def download(
    deps: Deps,
    caller: Caller,
    listing: Exportable[QueryT],
    query: QueryT,
    kind: FileKind,
    *,
    language: Language | None = None,
) -> StreamingResponse:
    """All that is found. `language`, and what is raised: as `exporting.export` has it."""
    content = await exporting.export(
        deps, caller.actor, listing, query, kind=kind, language=language
    )
    name = _Name(listing.name, kind, language)
    return _answer(deps, content, name, deps.clock())


async def ask_for(
    deps: Deps, caller: Caller, listing: Exportable[QueryT], query: QueryT, kind: FileKind
) -> ExportView:
    """Have the file made in the background. Raises as `background_exports.ask_for` does."""
    return _view(await background_exports.ask_for(deps, caller.actor, listing, query, kind))


async def kept(deps: Deps, caller: Caller, export_id: str) -> StreamingResponse:
    """A file that was made in the background."""
    export = await background_exports.read(deps, caller.username, caller.scope, export_id)
    content = await background_exports.fetch(deps, caller.actor, caller.scope, export_id)
    name = _Name(export.things, export.format, export.language)
    return _answer(deps, content, name, export.created_at)


@dataclass(frozen=True, slots=True)
class _Name:
    """By what a file is called, beside when it was made."""

    list: str
    kind: FileKind
    language: Language | None


def _answer(
    deps: Deps, content: AsyncIterator[bytes], name: _Name, at: datetime
) -> StreamingResponse:
    title = words_of(deps, name.language)(name.list) if name.language else name.list
    headers = export_files.headers(name.list, title, name.kind, at)
    media_type = export_files.MEDIA_TYPES[name.kind]
    return StreamingResponse(content, media_type=media_type, headers=headers)


def _view(export: Export) -> ExportView:
    return ExportView(
        export_id=export.export_id,
        list=export.things,
        format=export.format,
        state=export.state,
        rows=export.rows,
        rows_in_all=export.rows_in_all,
        percent=export.percent,
        created_at=export.created_at,
        finished_at=export.finished_at,
        kept_until=export.kept_until,
    )
