"""The statement (日结单) of a merchant's day or month: opening, what came and went, closing."""

from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from contracts.words import Words
from foundation.money_text import BEIJING
from foundation.pages import language_asked
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.books import refusal_of
from merchant_admin.api.console.exports import kind_of
from merchant_admin.api.console.filter_fields import STATEMENTS
from merchant_admin.api.console.filters import CURRENCY, KNOWN_MERCHANTS, Filters, day_of
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByViewer
from merchant_admin.api.exports import download
from merchant_admin.api.statements import last_day_of
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.flows import listings, merchants, statements
from merchant_admin.flows.statements import Statement

TO_COME: Final = Words("尚未到来", "is still to come")
PARTS: Final = ("opening", "captured", "refunded", "split", "fees", "closing")

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/statements")
async def statements_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Of yesterday, if no day or month is named. Raises WrongFilters."""
    filters = STATEMENTS.of(request)
    merchant_id = visitor.scope.one_of(filters.get("merchant_id") or None)
    app_id = filters.get("app_id") or None
    today = deps.clock().astimezone(BEIJING).date()
    first, last, month = _period(filters, today)
    currency = filters.get("currency") or CURRENCY
    statement: Statement | None = None
    problem = None
    if merchant_id:
        try:
            statement = await statements.read(
                deps, visitor.scope, merchant_id, first, last, currency=currency, app_id=app_id
            )
        except NoSuch:
            raise
        except Problem as refusal:
            problem = refusal_of(refusal)
    moved = statement.currencies if statement else []
    context = {
        "visitor": visitor,
        "merchant_id": merchant_id or "",
        "app_id": app_id or "",
        "names": await merchants.read_names(deps, {merchant_id} if merchant_id else set()),
        "known_merchants": await merchants.read_newest_names(deps, visitor.scope, KNOWN_MERCHANTS),
        "first": first,
        "last": last,
        "month": month,
        "today": today,
        "currency": currency,
        "currencies": sorted({*moved, CURRENCY, currency}),
        "statement": statement,
        "parts": PARTS,
        "problem": problem,
    }
    return render(request, "statements.html", context)


@router.get("/exports/statements")
async def export_statement(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """What the page of these filters shows. Raises WrongFilters, NoSuch without a merchant."""
    filters = STATEMENTS.of(request)
    merchant_id = visitor.scope.one_of(filters.get("merchant_id") or None)
    if merchant_id is None:
        raise NoSuch("merchant")
    first, last, _ = _period(filters, deps.clock().astimezone(BEIJING).date())
    asked = {
        "merchant_id": merchant_id,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "currency": filters.get("currency") or CURRENCY,
    }
    if app_id := filters.get("app_id"):
        asked["app_id"] = app_id
    query = ListQuery(visitor.scope, asked)
    kind = kind_of(request)
    language = language_asked(request)
    return await download(deps, visitor.caller, listings.STATEMENTS, query, kind, language=language)


def _period(filters: Filters, today: date) -> tuple[date, date, str]:
    """The days, and the month as it is typed, empty for a single day. The form always names a day,
    so a month counts before it. Raises WrongFilters."""
    month = filters.get("month")
    if begins := day_of(f"{month}-01"):
        if begins > today:
            raise filters.refused("month", TO_COME)
        return begins, min(last_day_of(begins), today), month
    asked = day_of(filters.get("day")) or today - timedelta(1)
    if asked > today:
        raise filters.refused("day", TO_COME)
    return asked, asked, ""
