"""The home page: what waits for people, and today beside yesterday from the roll-ups."""

from collections.abc import Callable, Mapping
from typing import Final

from fastapi import APIRouter, Request, Response

from foundation.money_text import money
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.charts import Chart, columns
from merchant_admin.api.console.navigation import HOME, Navigation
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.reports import percent
from merchant_admin.api.console.visiting import SeenByViewer, to
from merchant_admin.domain.reports import Figures
from merchant_admin.domain.waiting import PLACES
from merchant_admin.flows import reports, waiting
from merchant_admin.flows.reports import Today

router = APIRouter(include_in_schema=False)

MAX_CURRENCIES: Final = 3

COMPARED: Final[Mapping[str, Callable[[Figures, str], str]]] = {
    "paid_amount": lambda it, currency: money(it.paid_amount, currency),
    "paid": lambda it, _: f"{it.paid:,}",
    "success_rate": lambda it, _: percent(it.success_rate),
    "refunded": lambda it, currency: money(it.refunded, currency),
}
"""By name of its text, how a figure of today and yesterday is shown."""


@router.get("/")
async def root() -> Response:
    return to(HOME)


@router.get(HOME)
async def home_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Nothing here counts orders: it costs the same however many there are."""
    role = visitor.caller.role
    counted = request.state.waiting = await waiting.read_all(deps, visitor.scope, role)
    navigation: Navigation = request.app.state.navigation
    places = {
        name: place for name, place in PLACES.items() if navigation.admits(visitor.caller, place)
    }
    upto, today = await reports.read_today(deps, visitor.scope)
    shown = today[:MAX_CURRENCIES]
    context = {
        "visitor": visitor,
        "waiting": counted,
        "places": places,
        "today": shown,
        "upto": f"{upto:%H:%M}",
        "day": f"{upto:%Y-%m-%d}",
        "compared": COMPARED,
        "charts": {one.currency: _chart(one) for one in shown},
    }
    return render(request, "home.html", context)


def _chart(one: Today) -> Chart:
    return columns(
        [f"{hour:02d}:00" for hour in range(len(one.hours))],
        [now.paid_amount for now, _ in one.hours],
        [then.paid_amount for _, then in one.hours],
        label=lambda amount: money(round(amount), one.currency),
    )
