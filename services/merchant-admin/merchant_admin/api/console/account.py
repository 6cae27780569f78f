"""Everybody's own password and sessions."""

from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import FieldError, Problem
from chassis.web import parse
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.rendering import render, saying
from merchant_admin.api.console.setup.wrong import wrong_fields
from merchant_admin.api.console.texts import TEXTS
from merchant_admin.api.console.visiting import (
    LOGIN,
    SeenByAnyone,
    SentByAnyone,
    Visitor,
    to,
)
from merchant_admin.api.ids import SessionId
from merchant_admin.api.users import ChangeOwnPassword
from merchant_admin.domain.errors import NoSuch, TooManyLogins, Unusable
from merchant_admin.domain.passwords import MIN_CHARS
from merchant_admin.flows import sessions, users
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/account"

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def account_page(request: Request, deps: DepsOf, visitor: SeenByAnyone) -> Response:
    return await _page(request, deps, visitor)


async def _page(
    request: Request, deps: Deps, visitor: Visitor, refusal: Problem | None = None
) -> Response:
    """What was filled in is not shown again: it is passwords."""
    context = {
        "visitor": visitor,
        "user": await users.read(deps, visitor.username),
        "min_password_chars": MIN_CHARS,
        "sessions": await sessions.read_open(deps, visitor.username),
        "wrong": wrong_fields(refusal) if refusal else {},
        "problem": "too_many_logins" if isinstance(refusal, TooManyLogins) else None,
    }
    return render(request, "account.html", context, status=refusal.status if refusal else 200)


@router.post("/password")
async def change_password(request: Request, deps: DepsOf, sent: SentByAnyone) -> Response:
    """Leads to the login, for all sessions end."""
    given = {name: sent.form.get(name, "") for name in ("password", "new_password")}
    try:
        if sent.form.get("new_password_again") != given["new_password"]:
            zh, en = TEXTS["passwords_differ"]
            raise Unusable(FieldError("/new_password_again", en, zh))
        requested = parse(ChangeOwnPassword, given)
        await users.change_own_password(deps, sent.actor, **dict(requested))
    except Problem as refusal:
        return await _page(request, deps, sent.visitor, refusal)
    return to(saying(LOGIN, "password_saved"))


@router.post("/sessions/{session_id}/end")
async def end_session(deps: DepsOf, sent: SentByAnyone, session_id: SessionId) -> Response:
    with suppress(NoSuch):  # It has ended by itself.
        await sessions.end(deps, sent.actor, sent.visitor.username, session_id)
    return to(saying(HOME, "session_ended"))


@router.post("/sessions/end")
async def end_all_sessions(deps: DepsOf, sent: SentByAnyone) -> Response:
    """Leads to the login, for this one ends too."""
    await sessions.end_all(deps, sent.actor, sent.visitor.username)
    return to(saying(LOGIN, "sessions_ended"))
