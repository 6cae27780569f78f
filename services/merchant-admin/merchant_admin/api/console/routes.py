"""`/console`: log in, look at merchants, orders and payments."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from contracts.api import OrderStatus, PaymentStatus
from merchant_admin.api.access import COOKIE, CSRF_FIELD, Caller, Work, actor_of, find_caller
from merchant_admin.api.console.forms import read_form
from merchant_admin.api.console.rendering import render
from merchant_admin.api.ids import with_form_of
from merchant_admin.api.paging import id_after, page_of, place_of, position_after
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.errors import NoSuch, NotLoggedIn, TooManyLogins
from merchant_admin.domain.search import Search
from merchant_admin.flows import merchants, searching, sessions

HOME: Final = "/console/payments"
LOGIN: Final = "/console/login"
PAGE: Final = 50

_STATIC: Final = Path(__file__).parent / "static"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

router = APIRouter(include_in_schema=False)


class LoginNeeded(Exception):
    """A page was asked for by somebody who is not logged in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    caller: Caller
    csrf: str

    @property
    def username(self) -> str:
        return self.caller.actor.username


def add_to(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/console/static", StaticFiles(directory=_STATIC), name="console-static")
    app.add_exception_handler(LoginNeeded, _to_login)


async def _visitor(request: Request, deps: Work) -> Visitor:
    caller = await find_caller(request, deps, request.cookies.get(COOKIE))
    if caller is None:
        raise LoginNeeded
    return Visitor(caller, rules.csrf_token(deps.session_key, caller.token))


Seen = Annotated[Visitor, Depends(_visitor)]


@router.get("/")
@router.get("/console")
async def home() -> Response:
    return _to(HOME)


@router.get(LOGIN)
async def login_page(request: Request) -> Response:
    return render(request, "login.html", {"visitor": None, "problem": None})


@router.post(LOGIN)
async def log_in(request: Request, deps: Work) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _to(LOGIN)
    form = await read_form(request)
    username, password = form.get("username", "")[:64], form.get("password", "")[:1024]
    try:
        session = await sessions.log_in(deps, actor_of(request, username), password)
    except (NotLoggedIn, TooManyLogins) as refusal:
        problem = "too_many_logins" if isinstance(refusal, TooManyLogins) else "wrong_password"
        facts = {"visitor": None, "problem": problem}
        return render(request, "login.html", facts, status=refusal.status)
    response = _to(HOME)
    response.set_cookie(
        COOKIE,
        session.access_token,
        max_age=int(rules.LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.hostname not in _LOOPBACK,
    )
    return response


@router.post("/console/logout")
async def log_out(request: Request, deps: Work, visitor: Seen) -> Response:
    form = await read_form(request)
    token = visitor.caller.token
    if not rules.is_csrf_token(deps.session_key, token, form.get(CSRF_FIELD, "")):
        raise NotLoggedIn("The form is not from this page.")
    await sessions.log_out(deps, visitor.caller.actor, token)
    response = _to(LOGIN)
    response.delete_cookie(COOKIE)
    return response


@router.get("/console/merchants")
async def merchants_page(
    request: Request, deps: Work, visitor: Seen, after: str | None = None
) -> Response:
    found = await merchants.read_page(deps, after=id_after("merchant", after), limit=PAGE + 1)
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: item.merchant_id)
    return render(request, "merchants.html", {"visitor": visitor, "page": page})


@router.get("/console/orders")
async def orders_page(request: Request, deps: Work, visitor: Seen) -> Response:
    search, asked = _search(request, OrderStatus)
    found = await searching.find_orders(deps, search)
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: place_of(item.position))
    names = await merchants.read_names(deps, {item.order.merchant_id for item in page.items})
    facts = {"visitor": visitor, "page": page, "names": names, "states": OrderStatus, **asked}
    return render(request, "orders.html", facts)


@router.get("/console/payments")
async def payments_page(request: Request, deps: Work, visitor: Seen) -> Response:
    search, asked = _search(request, PaymentStatus)
    found = await searching.find_payments(deps, search)
    page = page_of(found, PAGE, view=lambda item: item, place=lambda item: place_of(item.position))
    names = await merchants.read_names(deps, {item.payment.merchant_id for item in page.items})
    facts = {"visitor": visitor, "page": page, "names": names, "states": PaymentStatus, **asked}
    return render(request, "payments.html", facts)


@router.get("/console/payments/{payment_no}")
async def payment_page(request: Request, deps: Work, visitor: Seen, payment_no: str) -> Response:
    try:
        payment = await searching.read_payment(deps, with_form_of("payment", payment_no))
    except NoSuch:
        return render(request, "not_found.html", {"visitor": visitor}, status=404)
    names = await merchants.read_names(deps, {payment.found.payment.merchant_id})
    return render(request, "payment.html", {"visitor": visitor, "it": payment, "names": names})


def _search(
    request: Request, states: type[OrderStatus] | type[PaymentStatus]
) -> tuple[Search, dict[str, str]]:
    """What the search form asks for, and how it is to be shown filled in."""
    query = request.query_params
    number = query.get("number", "").replace("\0", "").strip()[:128]
    state = query.get("state", "")
    known = state if state in {item.value for item in states} else ""
    after = position_after(query.get("after") or None)
    search = Search(number=number or None, state=known or None, after=after, limit=PAGE + 1)
    return search, {"number": number, "state": known}


async def _to_login(_: Request, __: Exception) -> Response:
    return _to(LOGIN)


def _to(url: str) -> RedirectResponse:
    return RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
