"""Channel statements that people bring: a file chosen in the console, for one account and day."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import FieldError, Problem
from chassis.web import parse
from contracts.internal import MAX_UPLOAD_BYTES, MAX_UPLOAD_ROWS
from contracts.words import Words
from foundation.money_text import BEIJING
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.forms import typed
from merchant_admin.api.console.rendering import render, saying
from merchant_admin.api.console.setup.wrong import TOP, wrong_fields
from merchant_admin.api.console.visiting import SeenByDecider, SentFileByDecider, Visitor, to
from merchant_admin.api.reconciliations import AskForBill
from merchant_admin.domain.errors import Unusable
from merchant_admin.flows import channels, merchants, reconciling
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.reconciling import StatementFile

HOME: Final = "/console/reconciliations"
SHOWN: Final = 100

NO_FILE: Final = Words("请选择文件", "choose a file")

router = APIRouter(include_in_schema=False, prefix=f"{HOME}/uploads")


@router.get("")
async def upload_page(request: Request, deps: DepsOf, visitor: SeenByDecider) -> Response:
    """Which statements are missing, and the form for one of them."""
    asked = {name: typed(request.query_params.get(name, "")) for name in ("payment_id", "day")}
    return await _page(request, deps, visitor, asked, {})


@router.post("")
async def upload(request: Request, deps: DepsOf, sent: SentFileByDecider) -> Response:
    asked = {name: typed(sent.form.get(name, "")) for name in ("payment_id", "day")}
    try:
        taken = await reconciling.upload(deps, sent.actor, sent.scope, _file(asked, sent.files))
    except Problem as refusal:
        wrong, status = wrong_fields(refusal), refusal.status
        return await _page(request, deps, sent.visitor, asked, wrong, status=status)
    return to(saying(f"{HOME}/{taken.statement_no}", "statement_uploaded"))


def _file(asked: Mapping[str, str], files: Mapping[str, bytes]) -> StatementFile:
    """Raises InvalidRequest, Unusable."""
    requested = parse(AskForBill, dict(asked))
    content = files.get("content", b"")
    if not content:
        raise Unusable(FieldError("/content", NO_FILE.en, NO_FILE.zh))
    if len(content) > MAX_UPLOAD_BYTES:
        raise Unusable(FieldError("/content", "is larger than 1.5 MB", "超过 1.5 MB"))
    return StatementFile(requested.payment_id, requested.day, content)


async def _page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    asked: Mapping[str, str],
    wrong: Mapping[str, Words],
    *,
    status: int = 200,
) -> Response:
    shown = dict(wrong)
    try:
        missing = await reconciling.list_missing(deps, visitor.scope, SHOWN)
        known = (await channels.read_list(deps)).items
    except Problem as refusal:
        missing, known = [], []
        shown |= {TOP: wrong_fields(refusal)[TOP]}
    yesterday = deps.clock().astimezone(BEIJING).date() - timedelta(1)
    context = {
        "visitor": visitor,
        "missing": missing,
        "names": await merchants.read_names(deps, {each.merchant_id for each in missing}),
        "files": [each for each in known if each.statement_file is not None],
        "asked": {**asked, "day": asked["day"] or yesterday.isoformat()},
        "max_kb": MAX_UPLOAD_BYTES // 1_000,
        "max_rows": MAX_UPLOAD_ROWS,
        "wrong": shown,
    }
    return render(request, "statement_upload.html", context, status=status)
