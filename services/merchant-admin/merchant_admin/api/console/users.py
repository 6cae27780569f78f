"""Who may log in, and as what: the page of those who administer."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from merchant_admin.api.access import Work
from merchant_admin.api.console.rendering import problem_in, render
from merchant_admin.api.console.visiting import SeenByAdmin, SentByAdmin, to
from merchant_admin.api.ids import Username
from merchant_admin.api.paging import DEFAULT_LIMIT, page_of, text_after
from merchant_admin.api.users import ChangeUser, CreateUser
from merchant_admin.domain.passwords import MIN_CHARS
from merchant_admin.domain.users import Role
from merchant_admin.flows import users

HOME: Final = "/console/users"

REFUSALS: Final = frozenset(
    {
        "users_refused",
        "users_refused.username",
        "users_refused.password",
        "users_refused.role",
        "users_refused.merchant_ids",
    }
)

router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def users_page(request: Request, deps: Work, visitor: SeenByAdmin) -> Response:
    after = text_after(request.query_params.get("after") or None)
    found = await users.read_page(deps, after=after, limit=DEFAULT_LIMIT + 1)
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.username)
    facts = {
        "visitor": visitor,
        "page": page,
        "roles": Role,
        "min_password_chars": MIN_CHARS,
        "problem": problem_in(request, REFUSALS),
    }
    return render(request, "users.html", facts)


@router.post("")
async def create(deps: Work, sent: SentByAdmin) -> Response:
    given: dict[str, Any] = {
        name: sent.form.get(name, "") for name in ("username", "password", "role")
    }
    given["merchant_ids"] = _merchant_ids(sent.form)
    try:
        await users.create(deps, sent.actor, **dict(parse(CreateUser, given)))
    except Problem as refusal:
        return to(f"{HOME}?problem={_told(refusal)}")
    return to(HOME)


@router.post("/{username}")
async def change(deps: Work, sent: SentByAdmin, username: Username) -> Response:
    """An empty password leaves the one that there is."""
    form = sent.form
    given: dict[str, Any] = {
        "role": form.get("role", ""),
        "merchant_ids": _merchant_ids(form),
        "disabled": "disabled" in form,
    }
    if form.get("password"):
        given["password"] = form["password"]
    try:
        requested = parse(ChangeUser, given)
        await users.change(deps, sent.actor, username, **requested.fields())
    except Problem as refusal:
        return to(f"{HOME}?problem={_told(refusal)}")
    return to(HOME)


def _merchant_ids(form: Mapping[str, str]) -> list[str] | None:
    return form.get("merchant_ids", "").split() or None


def _told(refusal: Problem) -> str:
    """Which of `REFUSALS` tells it: by the first field that is wrong."""
    fields = [error.pointer.removeprefix("/") for error in refusal.errors]
    problem = f"users_refused.{fields[0]}" if fields else ""
    return problem if problem in REFUSALS else "users_refused"
