"""The statement (结算单) of a merchant's day: opening, what came and went, closing."""

from datetime import date, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from contracts.money import MINOR_DIGITS
from foundation.money_text import BEIJING
from merchant_admin.api.access import Work
from merchant_admin.api.console.books import told
from merchant_admin.api.console.filters import CURRENCY
from merchant_admin.api.console.forms import typed
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import Seen
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows import merchants, statements
from merchant_admin.flows.statements import AppDay, Sums

FIRST_YEAR: Final = 2000

router = APIRouter(include_in_schema=False, prefix="/console")


@router.get("/statements")
async def statements_page(request: Request, deps: Work, visitor: Seen) -> Response:
    """Of yesterday, if no day is named; what cannot be understood is as if not said."""
    query = request.query_params
    merchant_id = visitor.scope.one_of(typed(query.get("merchant_id", "")) or None)
    today = deps.clock().astimezone(BEIJING).date()
    day = _day(query.get("day", ""), today) or today - timedelta(1)
    currency = query.get("currency", CURRENCY)
    if currency not in MINOR_DIGITS:
        currency = CURRENCY
    days: list[AppDay] = []
    problem = None
    if merchant_id:
        try:
            days = await statements.read_day(deps, visitor.scope, merchant_id, day, currency)
        except NoSuch:
            raise
        except Problem as refusal:
            problem = told(refusal)
    moved = {name for one in days for name in one.statement.currencies}
    facts = {
        "visitor": visitor,
        "merchant_id": merchant_id or "",
        "names": await merchants.read_names(deps, {merchant_id} if merchant_id else set()),
        "day": day,
        "today": today,
        "currency": currency,
        "currencies": sorted(moved | {CURRENCY, currency}),
        "days": days,
        "sums": Sums.of(days),
        "is_final": all(one.statement.is_final for one in days),
        "problem": problem,
    }
    return render(request, "statements.html", facts)


def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= FIRST_YEAR and day <= today else None
