"""Logging in, with a second step for whoever has a second factor, and out."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from chassis.problems import Overloaded, Problem
from merchant_admin.api.access import DepsOf, actor_of
from merchant_admin.api.console.forms import read_form
from merchant_admin.api.console.kept_forms import Wanted, is_from_here, shown_again
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import (
    BACK,
    LOGIN,
    REAUTHENTICATION,
    REFUSED_PROOFS,
    FreshlySentByAnyone,
    SentByAnyone,
    to,
)
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NotLoggedIn, TooManyLogins, TotpRequired
from merchant_admin.domain.sessions import NewSession
from merchant_admin.flows import sessions
from merchant_admin.flows.deps import Deps

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

router = APIRouter(include_in_schema=False)


@router.get(LOGIN)
async def login_page(request: Request) -> Response:
    wanted = Wanted.of({BACK: request.query_params.get(BACK, "")})
    return render(request, "login.html", {"visitor": None, "problem": None, "wanted": wanted})


@router.post(LOGIN)
async def log_in(request: Request, deps: DepsOf) -> Response:
    if _is_from_elsewhere(request, deps):
        return to(LOGIN)
    form = await read_form(request)
    actor = actor_of(request, form.get("username", "")[:64])
    ticket = form.get("ticket", "")[:256]
    wanted = Wanted.of(form if is_from_here(request) else {})
    try:
        session = await _session(deps, actor, form, ticket)
    except TotpRequired as needed:
        ticket = ticket or await sessions.check_password(deps, actor, _password(form))
        context: dict[str, object] = {
            "visitor": None,
            "fields": {"username": actor.username, "ticket": ticket, **wanted.fields},
            "problem": _problem(needed),
        }
        return render(request, "login_second_step.html", context, status=401)
    except (NotLoggedIn, TooManyLogins, Overloaded) as refusal:
        context = {"visitor": None, "problem": _problem(refusal, ticket), "wanted": wanted}
        return render(request, "login.html", context, status=refusal.status)
    response: Response = to(wanted.back)
    if wanted.form:
        csrf = rules.csrf_token(deps.session_keys, session.access_token)
        response = shown_again(request, wanted, csrf)
    response.set_cookie(
        deps.session_cookie,
        session.access_token,
        max_age=int(deps.sessions.lifetime.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_is_secure(request, deps),
    )
    return response


@router.post(REAUTHENTICATION)
async def prove(sent: FreshlySentByAnyone) -> Response:
    """Back to the page that wanted to know again who sits at the browser."""
    return to(Wanted.of(sent.form).back)


@router.post("/console/logout")
async def log_out(request: Request, deps: DepsOf, sent: SentByAnyone) -> Response:
    await sessions.log_out(deps, sent.actor, sent.visitor.caller.token)
    response = to(LOGIN)
    response.delete_cookie(
        deps.session_cookie,
        httponly=True,
        samesite="strict",
        secure=_is_secure(request, deps),
    )
    return response


def _is_from_elsewhere(request: Request, deps: Deps) -> bool:
    """Whether another site's page sent it. Browsers say so by Sec-Fetch-Site where the page came by
    TLS, else older ones and all of them by Origin; programs say neither."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    ours = {_name_in(f"//{request.headers.get('host', '')}"), _name_in(deps.console_url)}
    return origin is not None and _name_in(origin) not in ours - {None}


def _name_in(address: str) -> str | None:
    """The name of the host, without the port, which a proxy may have left out."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _session(deps: Deps, actor: Actor, form: dict[str, str], ticket: str) -> NewSession:
    totp = form.get("totp", "")[:64] or None
    if ticket:
        return await sessions.log_in_with_ticket(deps, actor, ticket, totp)
    return await sessions.log_in(deps, actor, _password(form), totp, is_browser=True)


def _password(form: dict[str, str]) -> str:
    return form.get("password", "")[:1024]


def _problem(refusal: Problem, ticket: str = "") -> str | None:
    """The text that tells it; none where the code of the second factor was not asked for yet."""
    if isinstance(refusal, TotpRequired) and not refusal.was_wrong:
        return None
    if isinstance(refusal, NotLoggedIn) and ticket:
        return "login_too_slow"
    return REFUSED_PROOFS[type(refusal)]


def _is_secure(request: Request, deps: Deps) -> bool:
    """Browsers take no secure cookie from a page that came without TLS, but from this machine."""
    is_bound_to_tls = deps.session_cookie == rules.HOST_SESSION_COOKIE
    return is_bound_to_tls or request.url.hostname not in _LOOPBACK
