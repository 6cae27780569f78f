"""Everybody's own password."""

from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from merchant_admin.api.access import Work
from merchant_admin.api.console.rendering import problem_in, render
from merchant_admin.api.console.visiting import LOGIN, SeenByAnyone, SentByAnyone, to
from merchant_admin.api.users import ChangeOwnPassword
from merchant_admin.domain.errors import TooManyLogins
from merchant_admin.domain.passwords import MIN_CHARS
from merchant_admin.flows import users

HOME: Final = "/console/account"
REFUSALS: Final = frozenset({"account_refused", "too_many_logins"})

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def account_page(request: Request, deps: Work, visitor: SeenByAnyone) -> Response:
    facts = {
        "visitor": visitor,
        "user": await users.read(deps, visitor.username),
        "min_password_chars": MIN_CHARS,
        "problem": problem_in(request, REFUSALS),
    }
    return render(request, "account.html", facts)


@router.post("/password")
async def change_password(deps: Work, sent: SentByAnyone) -> Response:
    """Leads to the login, for all sessions end."""
    given = {name: sent.form.get(name, "") for name in ("password", "new_password")}
    try:
        requested = parse(ChangeOwnPassword, given)
        await users.change_own_password(deps, sent.actor, **dict(requested))
    except TooManyLogins:
        return to(f"{HOME}?problem=too_many_logins")
    except Problem:
        return to(f"{HOME}?problem=account_refused")
    return to(LOGIN)
