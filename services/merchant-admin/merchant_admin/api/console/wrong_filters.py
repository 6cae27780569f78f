"""A list that was asked for with filters that cannot be understood: which, and the form again."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request, Response

from merchant_admin.api.console.filter_fields import PAGES
from merchant_admin.api.console.filters import Filters, WrongFilters, list_context
from merchant_admin.api.console.rendering import render
from merchant_admin.api.paging import Page
from merchant_admin.flows.deps import Deps

STATUS: Final = 422
PLACES: Final[Mapping[str, str]] = {"callbacks": "deliveries"}
"""Of the lists whose page is not called as their file is."""

TITLES: Final[Mapping[str, str]] = {"channel-accounts": "channel_accounts"}
NOTHING: Final[Page[Any]] = Page(items=[], next_cursor=None)


async def show_wrong_filters(request: Request, error: Exception) -> Response:
    """Also where the file of the list was asked for: its form leads to the list."""
    assert isinstance(error, WrongFilters)
    deps: Deps = request.app.state.deps
    visitor, name = request.state.visitor, _name_of(error.filters)
    place = PLACES.get(name, name)
    context = await list_context(
        request, deps, visitor.scope, error.filters, NOTHING, is_read=False
    )
    shown = {
        **context,
        "visitor": visitor,
        "title": TITLES.get(name, place),
        "home": f"/console/{place}",
        "wrong": error.wrong,
        "typed": error.typed,
    }
    return render(request, "wrong_filters.html", shown, status=STATUS)


def _name_of(filters: Filters) -> str:
    return next(name for name, known in PAGES.items() if known.fields is filters.fields)
