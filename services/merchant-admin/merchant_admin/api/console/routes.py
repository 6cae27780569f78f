"""`/console`: look at merchants, orders and payments."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from contracts.api import OrderStatus, PaymentStatus
from merchant_admin.api.access import Work
from merchant_admin.api.console import (
    account,
    books,
    callbacks,
    counter_codes,
    error_pages,
    finding,
    invitations,
    login,
    looks,
    order,
    payment,
    reconciliations,
    second_factor,
    users,
)
from merchant_admin.api.console.forms import typed
from merchant_admin.api.console.navigation import HOME, Navigation
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.setup import accounts as account_pages
from merchant_admin.api.console.setup import apps as app_pages
from merchant_admin.api.console.setup import merchants as merchant_pages
from merchant_admin.api.console.setup import onboarding as onboarding_pages
from merchant_admin.api.console.setup import signature as signature_pages
from merchant_admin.api.console.visiting import (
    EnrolmentNeeded,
    LoginNeeded,
    ReauthenticationNeeded,
    RightNeeded,
    Seen,
    to,
    to_enrolment,
    to_forbidden,
    to_login,
    to_reauthentication,
)
from merchant_admin.api.paging import page_of, place_of, position_after
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Search
from merchant_admin.flows import merchants, searching

SETUP: Final = (merchant_pages, account_pages, app_pages, signature_pages, onboarding_pages)
PAGE: Final = 50

PARTS: Final = (
    login,
    finding,
    order,
    payment,
    books,
    reconciliations,
    callbacks,
    users,
    account,
    second_factor,
    invitations,
    counter_codes,
    looks,
)
_STATIC: Final = Path(__file__).parent / "static"

router = APIRouter(include_in_schema=False)


def add_to(app: FastAPI) -> None:
    app.include_router(router)
    for part in (*PARTS, *SETUP):
        app.include_router(part.router)
    static = StaticFiles(directory=_STATIC, packages=[("foundation", "static")])
    app.mount("/console/static", static, name="console-static")
    app.add_exception_handler(LoginNeeded, to_login)
    app.add_exception_handler(RightNeeded, to_forbidden)
    error_pages.add_to(app)
    app.state.navigation = Navigation.of(app)
    app.add_exception_handler(EnrolmentNeeded, to_enrolment)
    app.add_exception_handler(ReauthenticationNeeded, to_reauthentication)


@router.get("/")
async def root() -> Response:
    return to(HOME)


@router.get(HOME)
async def home_page(request: Request, visitor: Seen) -> Response:
    """What is to be done."""
    return render(request, "home.html", {"visitor": visitor})


@router.get("/console/orders")
async def orders_page(request: Request, deps: Work, visitor: Seen) -> Response:
    search, asked = _search(request, visitor.scope, OrderStatus)
    found = await searching.find_orders(deps, search)
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: place_of(item.position))
    names = await merchants.read_names(deps, {item.order.merchant_id for item in page.items})
    facts = {"visitor": visitor, "page": page, "names": names, "states": OrderStatus, **asked}
    return render(request, "orders.html", facts)


@router.get("/console/payments")
async def payments_page(request: Request, deps: Work, visitor: Seen) -> Response:
    search, asked = _search(request, visitor.scope, PaymentStatus)
    found = await searching.find_payments(deps, search)
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: place_of(item.position))
    names = await merchants.read_names(deps, {item.payment.merchant_id for item in page.items})
    facts = {"visitor": visitor, "page": page, "names": names, "states": PaymentStatus, **asked}
    return render(request, "payments.html", facts)


def _search(
    request: Request, scope: Scope, states: type[OrderStatus] | type[PaymentStatus]
) -> tuple[Search, dict[str, str]]:
    """What the search form asks for, and how it is to be shown filled in."""
    query = request.query_params
    number = typed(query.get("number", ""))
    state = query.get("state", "")
    known = state if state in {item.value for item in states} else ""
    after = position_after(query.get("after") or None)
    search = Search(scope, number=number or None, state=known or None, after=after, limit=PAGE + 1)
    return search, {"number": number, "state": known}
