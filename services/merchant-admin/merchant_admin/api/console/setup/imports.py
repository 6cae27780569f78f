"""Import of merchants and channel accounts from a file: looked at first, then applied at once."""

import csv
import io
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from contracts.words import Words
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.setup.wrong import TOP, wrong_fields
from merchant_admin.api.console.visiting import (
    FreshlySeenByAdmin,
    FreshlySentByAdmin,
    FreshlySentFileByAdmin,
    SeenByAdmin,
    Visitor,
)
from merchant_admin.domain.errors import ImportIsOld, NoSuch, Unusable
from merchant_admin.domain.import_rows import COLUMNS, MAX_ROWS, UnreadableFile, read_rows
from merchant_admin.flows import channels, importing
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/imports"
BOM: Final = "\ufeff"

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def import_page(request: Request, deps: DepsOf, visitor: FreshlySeenByAdmin) -> Response:
    return await _page(request, deps, visitor, {})


@router.get("/template.csv")
async def template(deps: DepsOf, visitor: SeenByAdmin, channel: str = "") -> Response:
    """An empty file with the columns of a channel, as Excel opens it."""
    known = (await channels.read_all(deps)).get(channel)
    fields = [field.name for field in known.form.fields] if known else []
    written = io.StringIO()
    csv.writer(written).writerow([*COLUMNS, *fields])
    headers = {"Content-Disposition": 'attachment; filename="import.csv"'}
    return Response(BOM + written.getvalue(), media_type="text/csv", headers=headers)


@router.post("")
async def check(request: Request, deps: DepsOf, sent: FreshlySentFileByAdmin) -> Response:
    """Nothing is made yet; what was found is kept for an hour, credentials sealed."""
    try:
        rows = read_rows(sent.files.get("file", b""))
        found = await importing.check(deps, sent.actor, rows)
    except UnreadableFile as error:
        return await _page(request, deps, sent.visitor, {"wrong": {TOP: error.words}}, 422)
    except Problem as refusal:
        wrong = wrong_fields(refusal)
        return await _page(request, deps, sent.visitor, {"wrong": wrong}, refusal.status)
    status = 422 if found.faults else 200
    return await _page(request, deps, sent.visitor, {"found": found}, status)


@router.post("/{batch_id}")
async def apply(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, batch_id: str
) -> Response:
    """All of it, or nothing."""
    try:
        made = await importing.apply(deps, sent.actor, batch_id[:64])
    except (ImportIsOld, NoSuch):
        words = Words(
            "这次检查已过期，或其间有人登记了其中的商户或账户：没有导入任何内容，请重新检查。",
            "This check is too old, or somebody registered one of these meanwhile: nothing was "
            "imported. Check the file again.",
        )
        return await _page(request, deps, sent.visitor, {"wrong": {TOP: words}}, 409)
    except Unusable as refusal:  # the merchant has four eyes since it was checked
        words = wrong_fields(refusal)["credentials"]
        return await _page(request, deps, sent.visitor, {"wrong": {TOP: words}}, refusal.status)
    return await _page(request, deps, sent.visitor, {"made": made})


async def _page(
    request: Request, deps: Deps, visitor: Visitor, shown: dict[str, Any], status: int = 200
) -> Response:
    context = {
        "visitor": visitor,
        "channels": await channels.read_all(deps),
        "max_rows": MAX_ROWS,
        "wrong": {},
        "found": None,
        "made": None,
        **shown,
    }
    return render(request, "imports.html", context, status=status)
