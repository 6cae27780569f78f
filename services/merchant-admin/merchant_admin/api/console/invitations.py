"""Where the link of an invitation leads: whoever has it sets a password."""

from typing import Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from merchant_admin.api.access import DepsOf, actor_of
from merchant_admin.api.console.forms import read_form
from merchant_admin.api.console.rendering import render, saying
from merchant_admin.api.console.visiting import LOGIN, to
from merchant_admin.api.users import AcceptInvitation
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.passwords import MIN_CHARS
from merchant_admin.flows import users
from merchant_admin.flows.deps import Deps

INVITATION: Final = "/console/invitations/{token}"

router = APIRouter(include_in_schema=False)


@router.get(INVITATION)
async def invitation_page(request: Request, deps: DepsOf, token: str) -> Response:
    """Looking at it does not use it up: programs that preview links do."""
    return await _page(request, deps, token)


@router.post(INVITATION)
async def accept(request: Request, deps: DepsOf, token: str) -> Response:
    form = await read_form(request)
    password = form.get("password", "")
    if password != form.get("password_again"):
        return await _page(request, deps, token, "passwords_differ", 422)
    try:
        requested = parse(AcceptInvitation, {"token": token, "password": password})
        await users.accept(deps, actor_of(request, ""), requested.token, requested.password)
    except NoSuch:
        return await _page(request, deps, token)
    except Problem as refusal:
        return await _page(request, deps, token, "users_refused.password", refusal.status)
    return to(saying(LOGIN, "password_saved"))


async def _page(
    request: Request, deps: Deps, token: str, problem: str | None = None, status: int = 200
) -> Response:
    try:
        username = await users.read_invited(deps, token)
    except NoSuch:
        return render(request, "invitation_over.html", {"visitor": None}, status=404)
    context = {"username": username, "problem": problem, "min_password_chars": MIN_CHARS}
    return render(request, "invitation.html", {"visitor": None, **context}, status=status)
