"""Who may log in, and as what: the page of those who administer."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from chassis.problems import Problem
from chassis.web import parse
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.forms import VERSION, seen_in
from merchant_admin.api.console.refused_forms import RefusedForm
from merchant_admin.api.console.rendering import problem_in, render, saying
from merchant_admin.api.console.setup.wrong import shown_again, wrong_fields
from merchant_admin.api.console.visiting import (
    FreshlySentByAdmin,
    SeenByAdmin,
    Visitor,
    to,
)
from merchant_admin.api.ids import SessionId, Username
from merchant_admin.api.paging import DEFAULT_LIMIT, page_of, text_after
from merchant_admin.api.users import ChangeUser, CreateUser, InvitationView
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.invitations import Invitation
from merchant_admin.domain.passwords import MIN_CHARS
from merchant_admin.domain.seen import Shown
from merchant_admin.domain.users import Role, User
from merchant_admin.flows import second_factors, sessions, users
from merchant_admin.flows.deps import Deps

HOME: Final = "/console/users"

REFUSALS: Final = frozenset({"users_refused", "users_refused.username"})

ACCESS: Final[Shown[User]] = Shown(lambda it: (it.role, it.disabled_at is None, it.scope.parameter))
"""What the form of a user holds. What they change themselves, their password, is not in it."""

NOTHING_GIVEN: Final = {"username": "", "role": Role.AUDITOR.value, "merchant_ids": ""}


router = APIRouter(include_in_schema=False, prefix=HOME)


@router.get("")
async def users_page(request: Request, deps: DepsOf, visitor: SeenByAdmin) -> Response:
    return await _users_page(request, deps, visitor)


@router.post("")
async def create(request: Request, deps: DepsOf, sent: FreshlySentByAdmin) -> Response:
    """Without a password the answer shows the link of the invitation, this once."""
    given: dict[str, Any] = {name: sent.form.get(name, "") for name in ("username", "role")}
    given["password"] = sent.form.get("password") or None
    given["merchant_ids"] = _merchant_ids(sent.form)
    try:
        made = await users.create(deps, sent.actor, **dict(parse(CreateUser, given)))
    except Problem as refusal:
        return await _users_page(request, deps, sent.visitor, _refused(refusal, sent.form))
    if made.invitation is None:
        return to(saying(HOME, "user_created"))
    return await _user_page(request, deps, sent.visitor, made.user.username, made.invitation)


@router.get("/{username}")
async def user_page(
    request: Request, deps: DepsOf, visitor: SeenByAdmin, username: Username
) -> Response:
    """One of them: sessions, second factor, invitation."""
    return await _user_page(request, deps, visitor, username)


@router.post("/{username}/invitation")
async def invite(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, username: Username
) -> Response:
    try:
        invitation = await users.invite(deps, sent.actor, username)
    except Problem as refusal:
        return to(f"{HOME}?problem={_refusal_of(refusal)}")
    return await _user_page(request, deps, sent.visitor, username, invitation)


@router.post("/{username}/second-factor/remove")
async def remove_second_factor(
    deps: DepsOf, sent: FreshlySentByAdmin, username: Username
) -> Response:
    with suppress(NoSuch):  # There is none any more.
        await second_factors.remove(deps, sent.actor, username)
    return to(saying(_home_of(username), "second_factor_removed"))


@router.post("/{username}/sessions/end")
async def end_all_sessions(deps: DepsOf, sent: FreshlySentByAdmin, username: Username) -> Response:
    await sessions.end_all(deps, sent.actor, username)
    return to(saying(_home_of(username), "sessions_ended"))


@router.post("/{username}/sessions/{session_id}/end")
async def end_session(
    deps: DepsOf, sent: FreshlySentByAdmin, username: Username, session_id: SessionId
) -> Response:
    with suppress(NoSuch):  # It has ended by itself.
        await sessions.end(deps, sent.actor, username, session_id)
    return to(saying(_home_of(username), "session_ended"))


@router.post("/{username}")
async def change(
    request: Request, deps: DepsOf, sent: FreshlySentByAdmin, username: Username
) -> Response:
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
        seen = seen_in(form, ACCESS)
        await users.change(deps, sent.actor, username, **requested.fields(), seen=seen)
    except Problem as refusal:
        there = _filled(await users.read(deps, username))
        refused = _refused(refusal, shown_again(refusal, form, there), username)
        return await _users_page(request, deps, sent.visitor, refused)
    return to(saying(HOME, "user_saved"))


async def _users_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    refused: RefusedForm | None = None,
) -> Response:
    filters = LISTS["users"].of(request)
    found = await users.read_page(
        deps,
        LISTS["users"].query(filters, visitor.scope),
        after=text_after(request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(found, DEFAULT_LIMIT, view=lambda it: it, place=lambda it: it.username)
    changed = refused.about if refused else None
    if changed is not None and changed not in {user.username for user in page.items}:
        page.items.insert(0, await users.read(deps, changed))
    named = {each for user in page.items for each in user.scope.parameter or ()}
    context = {
        "visitor": visitor,
        **await list_context(request, deps, visitor.scope, filters, page, named),
        "roles": Role,
        "min_password_chars": MIN_CHARS,
        "given": {**NOTHING_GIVEN, **(refused.given if refused else {})},
        "wrong": refused.wrong if refused else {},
        "changed": changed,
        "version_of": ACCESS.version,
        "problem": problem_in(request, REFUSALS),
    }
    return render(request, "users.html", context, status=refused.status if refused else 200)


async def _user_page(
    request: Request,
    deps: Deps,
    visitor: Visitor,
    username: str,
    invitation: Invitation | None = None,
) -> Response:
    try:
        user = await users.read(deps, username)
    except NoSuch:
        return render(request, "not_found.html", {"visitor": visitor}, status=404)
    context = {
        "visitor": visitor,
        "user": user,
        "home": _home_of(username),
        "codes_left": await second_factors.count_recovery_codes(deps, username),
        "invited_until": (await users.read_open_invitations(deps, [username])).get(username),
        "sessions": await sessions.read_open(deps, username),
        "link_of_invitation": invitation and InvitationView.of(deps, invitation).url,
    }
    return render(request, "user.html", context)


def _refused(
    refusal: Problem, given: Mapping[str, str], username: str | None = None
) -> RefusedForm:
    """About this user, or None for a new one."""
    return RefusedForm(
        status=refusal.status, given=given, wrong=wrong_fields(refusal), about=username
    )


def _filled(user: User) -> dict[str, str]:
    return {
        "role": user.role.value,
        "merchant_ids": " ".join(user.scope.parameter or ()),
        **({"disabled": "true"} if user.disabled_at else {}),
        VERSION: ACCESS.version(user),
    }


def _home_of(username: str) -> str:
    return f"{HOME}/{quote(username, safe='')}"


def _merchant_ids(form: Mapping[str, str]) -> list[str] | None:
    return form.get("merchant_ids", "").split() or None


def _refusal_of(refusal: Problem) -> str:
    """Which of `REFUSALS` tells it: by the first field that is wrong."""
    fields = [error.pointer.removeprefix("/") for error in refusal.errors]
    problem = f"users_refused.{fields[0]}" if fields else ""
    return problem if problem in REFUSALS else "users_refused"
