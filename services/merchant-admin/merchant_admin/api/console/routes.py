"""`/console`: log in, look at merchants, orders and payments."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from chassis.problems import Overloaded, Problem
from contracts.api import OrderStatus, PaymentStatus
from merchant_admin.api.access import Work, actor_of
from merchant_admin.api.console import (
    account,
    books,
    callbacks,
    counter_codes,
    error_pages,
    looks,
    payment,
    reconciliations,
    users,
)
from merchant_admin.api.console.forms import read_form, typed
from merchant_admin.api.console.navigation import HOME, Navigation
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import (
    LOGIN,
    LoginNeeded,
    RightNeeded,
    Seen,
    SentByAnyone,
    to,
    to_forbidden,
    to_login,
)
from merchant_admin.api.paging import id_after, page_of, place_of, position_after
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.errors import NotLoggedIn, TooManyLogins
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Search
from merchant_admin.flows import merchants, searching, sessions
from merchant_admin.flows.deps import Deps

PAGE: Final = 50

REFUSED_LOGINS: Final[Mapping[type[Problem], str]] = {
    NotLoggedIn: "wrong_password",
    TooManyLogins: "too_many_logins",
    Overloaded: "busy_logins",
}
_STATIC: Final = Path(__file__).parent / "static"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

router = APIRouter(include_in_schema=False)


def add_to(app: FastAPI) -> None:
    app.include_router(router)
    for part in (payment, books, reconciliations, callbacks, users, account, counter_codes, looks):
        app.include_router(part.router)
    static = StaticFiles(directory=_STATIC, packages=[("foundation", "static")])
    app.mount("/console/static", static, name="console-static")
    app.add_exception_handler(LoginNeeded, to_login)
    app.add_exception_handler(RightNeeded, to_forbidden)
    error_pages.add_to(app)
    app.state.navigation = Navigation.of(app)


@router.get("/")
async def root() -> Response:
    return to(HOME)


@router.get(HOME)
async def home_page(request: Request, visitor: Seen) -> Response:
    """What is to be done."""
    return render(request, "home.html", {"visitor": visitor})


@router.get(LOGIN)
async def login_page(request: Request) -> Response:
    return render(request, "login.html", {"visitor": None, "problem": None})


@router.post(LOGIN)
async def log_in(request: Request, deps: Work) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return to(LOGIN)
    form = await read_form(request)
    username, password = form.get("username", "")[:64], form.get("password", "")[:1024]
    try:
        session = await sessions.log_in(deps, actor_of(request, username), password)
    except (NotLoggedIn, TooManyLogins, Overloaded) as refusal:
        problem = REFUSED_LOGINS[type(refusal)]
        facts = {"visitor": None, "problem": problem}
        return render(request, "login.html", facts, status=refusal.status)
    response = to(HOME)
    response.set_cookie(
        deps.session_cookie,
        session.access_token,
        max_age=int(deps.sessions.lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_secure(request, deps),
    )
    return response


@router.post("/console/logout")
async def log_out(request: Request, deps: Work, sent: SentByAnyone) -> Response:
    await sessions.log_out(deps, sent.actor, sent.visitor.caller.token)
    response = to(LOGIN)
    response.delete_cookie(
        deps.session_cookie,
        httponly=True,
        samesite="strict",
        secure=_is_secure(request, deps),
    )
    return response


def _is_secure(request: Request, deps: Deps) -> bool:
    """Browsers take no secure cookie from a page that came without TLS, but from this machine."""
    is_bound_to_tls = deps.session_cookie == rules.HOST_SESSION_COOKIE
    return is_bound_to_tls or request.url.hostname not in _LOOPBACK


@router.get("/console/merchants")
async def merchants_page(
    request: Request, deps: Work, visitor: Seen, after: str | None = None
) -> Response:
    found = await merchants.read_page(
        deps, visitor.scope, after=id_after("merchant", after), limit=PAGE + 1
    )
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: item.merchant_id)
    return render(request, "merchants.html", {"visitor": visitor, "page": page})


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
