"""The statement (日结单) of a merchant's day or month: opening, what came and went, closing."""

from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from contracts.money import MINOR_DIGITS
from foundation.money_text import BEIJING
from merchant_admin.api.access import Work
from merchant_admin.api.console.books import refusal_of
from merchant_admin.api.console.filters import CURRENCY, KNOWN_MERCHANTS, day_of
from merchant_admin.api.console.forms import typed
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import Seen
from merchant_admin.api.statements import last_day_of
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows import merchants, statements
from merchant_admin.flows.statements import Statement

PARTS: Final = ("opening", "captured", "refunded", "split", "fees", "closing")

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/statements")
async def statements_page(request: Request, deps: Work, visitor: Seen) -> Response:
    """Of yesterday, if no day or month is named; what cannot be understood is as if not said."""
    query = request.query_params
    merchant_id = visitor.scope.one_of(typed(query.get("merchant_id", "")) or None)
    app_id = typed(query.get("app_id", "")) or None
    today = deps.clock().astimezone(BEIJING).date()
    first, last, month = _period(query.get("month", ""), query.get("day", ""), today)
    currency = query.get("currency", CURRENCY)
    if currency not in MINOR_DIGITS:
        currency = CURRENCY
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


def _period(month: str, day: str, today: date) -> tuple[date, date, str]:
    """The days, and the month as it is typed, empty for a single day."""
    begins = day_of(f"{month}-01")
    if begins and begins <= today:
        return begins, min(last_day_of(begins), today), month
    asked = day_of(day)
    if asked is None or asked > today:
        asked = today - timedelta(1)
    return asked, asked, ""
