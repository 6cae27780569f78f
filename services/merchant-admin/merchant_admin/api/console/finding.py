"""One search box for every number: where just one thing has it, straight there."""

from typing import Final

from fastapi import APIRouter, Request, Response

from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.mentions import order_path
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.shown import minor_units
from merchant_admin.api.console.visiting import SeenByViewer, to
from merchant_admin.domain.numbers import Found, Hit, Typed, only_hit
from merchant_admin.flows import searching

MAX_HITS: Final = 20
CURRENCY: Final = "CNY"
"""Of amounts that people type without one."""

PLACES: Final = {Found.ORDER: "", Found.EVENT: "#timeline"}
"""Where on the order's page; the others have a place of their own."""

router = APIRouter(include_in_schema=False)


@router.get("/console/search")
async def search_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    typed = Typed.of(request.query_params.get("q", ""))
    hits = await searching.list_hits(deps, typed, visitor.scope, MAX_HITS + 1) if typed else []
    if only := only_hit(hits):
        return to(address(only))
    context = {
        "visitor": visitor,
        "sought": typed.text if typed else "",
        "is_enough": typed is not None and typed.is_prefix_enough,
        "hits": [(hit, address(hit)) for hit in hits[:MAX_HITS]],
        "has_more": len(hits) > MAX_HITS,
        "amount": _amount(typed),
        "currency": CURRENCY,
    }
    return render(request, "search.html", context)


def address(hit: Hit) -> str:
    """The page of what was found."""
    if hit.kind in PLACES:
        return f"/console/orders/{hit.order_id}{PLACES[hit.kind]}"
    return order_path(hit.order_id, hit.number, hit.status)


def _amount(typed: Typed | None) -> int | None:
    """What was typed as an amount; so many digits alone are a number."""
    if typed is None or (typed.is_prefix_enough and typed.text.isdigit()):
        return None
    return minor_units(typed.text, CURRENCY)
