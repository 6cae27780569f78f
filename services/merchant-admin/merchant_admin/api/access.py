"""Who calls, and whether they may: a bearer token (API clients) or a session cookie (pages).

Every route but those that log in says in its signature whose it is, and is guarded by that alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from chassis import logs
from chassis.web import read_body, require_no_body, require_single_values
from contracts.text import clean
from merchant_admin.api.bodies import MAX_BODY_BYTES, bodies_of
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.api_tokens import PREFIX
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import (
    EnrolmentRequired,
    Forbidden,
    NotForMachines,
    NotLoggedIn,
    ReauthenticationRequired,
)
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.second_factor import is_needed_by
from merchant_admin.domain.users import Right, Role
from merchant_admin.flows import api_tokens, sessions
from merchant_admin.flows.deps import Deps

CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"

_SAFE: Final = frozenset({"GET", "HEAD"})
_BEARER: Final = "Bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who is logged in. `authenticated_at`: when they last proved who they are.
    `must_enrol`: they have no second factor, and need one before anything else."""

    actor: Actor
    role: Role
    scope: Scope
    token: str
    expires_at: datetime
    session_id: str
    authenticated_at: datetime
    has_second_factor: bool
    must_enrol: bool
    by_cookie: bool = False
    is_machine: bool = False

    @property
    def username(self) -> str:
        return self.actor.username

    def is_fresh(self, now: datetime) -> bool:
        """A browser may have been left open; a program keeps its token to itself."""
        return not self.by_cookie or self.authenticated_at > now - rules.FRESH_FOR

    def require_fresh(self, now: datetime) -> None:
        """Raises ReauthenticationRequired."""
        if not self.is_fresh(now):
            raise ReauthenticationRequired


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


DepsOf = Annotated[Deps, Depends(_deps)]


def actor_of(request: Request, username: str) -> Actor:
    ip = request.client.host if request.client else ""
    agent = clean(request.headers.get("user-agent", ""), rules.MAX_USER_AGENT_CHARS)
    return Actor(username, ip, logs.request_id.get(), user_agent=agent)


async def _find_machine(request: Request, deps: Deps, secret: str) -> Caller | None:
    token = await api_tokens.find(deps, secret)
    if token is None:
        return None
    actor = replace(actor_of(request, token.username), behind=(token.created_by,))
    return Caller(
        actor=actor,
        role=token.role,
        scope=token.scope,
        token=secret,
        expires_at=token.expires_at,
        session_id="",
        authenticated_at=token.created_at,
        has_second_factor=False,
        must_enrol=False,
        is_machine=True,
    )


async def find_caller(
    request: Request, deps: Deps, token: str | None, *, by_cookie: bool
) -> Caller | None:
    """Whose valid session or, but for a cookie, machine's token this is; None for nobody's, and for
    that of a browser without its cookie."""
    if token and token.startswith(PREFIX) and not by_cookie:
        return await _find_machine(request, deps, token)
    if token and token.startswith(rules.BROWSER_PREFIX) and not by_cookie:
        return None
    session = await sessions.find(deps, token) if token else None
    if token is None or session is None:
        return None
    needs_factor = deps.requires_totp and is_needed_by(session.role)
    return Caller(
        actor=actor_of(request, session.username),
        role=session.role,
        scope=session.scope,
        token=token,
        expires_at=session.expires_at,
        session_id=session.session_id,
        authenticated_at=session.authenticated_at,
        has_second_factor=session.has_second_factor,
        must_enrol=needs_factor and not session.has_second_factor,
        by_cookie=by_cookie,
    )


class Reach(StrEnum):
    """Whose data a route is about.

    SCOPED: that of merchants, of which it shows and touches the caller's only: it hands
    `caller.scope` on. CENTRE: that of all merchants at once, so it needs a caller who has all.
    OWN: the caller's own, or nobody's.
    """

    SCOPED = "scoped"
    CENTRE = "centre"
    OWN = "own"


class Guard:
    """What stands before a route: the right that it asks of its caller, and whose data it is.

    `is_fresh_only`: it wants to know again, every ten minutes, who sits at the browser.
    `is_before_enrolment`: it is open to whoever has to set up a second factor first.
    `is_for_people`: no machine's token opens it.
    """

    def __init__(
        self,
        right: Right,
        reach: Reach,
        *,
        is_fresh_only: bool = False,
        is_before_enrolment: bool = False,
        is_for_people: bool = False,
    ) -> None:
        self.right = right
        self.reach = reach
        self.is_fresh_only = is_fresh_only
        self.is_before_enrolment = is_before_enrolment
        self.is_for_people = is_for_people

    def admits(self, caller: Caller) -> bool:
        return caller.role.may(self.right) and self._reaches(caller.scope)

    def wants_enrolment(self, caller: Caller) -> bool:
        return caller.must_enrol and not self.is_before_enrolment

    def _reaches(self, scope: Scope) -> bool:
        return self.reach is not Reach.CENTRE or scope.is_all


class _ApiGuard(Guard):
    async def __call__(self, request: Request, response: Response, deps: DepsOf) -> Caller:
        caller = await _logged_in(request, response, deps)
        if self.is_for_people and caller.is_machine:
            raise NotForMachines
        if self.wants_enrolment(caller):
            raise EnrolmentRequired
        if not self.admits(caller):
            raise Forbidden(caller.role, self.right, is_scoped=not caller.scope.is_all)
        if self.is_fresh_only:
            caller.require_fresh(deps.clock())
        route = request.scope["route"]
        require_single_values(request, route)
        if request.method not in _SAFE and not any(bodies_of(route.dependant)):
            require_no_body(await read_body(request, limit_bytes=MAX_BODY_BYTES))
        return caller


_OWN = partial(_ApiGuard, Right.VIEW, Reach.OWN, is_before_enrolment=True, is_for_people=True)
_ADMINISTER = partial(_ApiGuard, Right.ADMINISTER, Reach.CENTRE)

Oneself = Annotated[Caller, Depends(_OWN())]
FreshOneself = Annotated[Caller, Depends(_OWN(is_fresh_only=True))]
Anyone = Annotated[Caller, Depends(_ApiGuard(Right.VIEW, Reach.OWN))]
Viewer = Annotated[Caller, Depends(_ApiGuard(Right.VIEW, Reach.SCOPED))]
CentreViewer = Annotated[Caller, Depends(_ApiGuard(Right.VIEW, Reach.CENTRE))]
Refunder = Annotated[Caller, Depends(_ApiGuard(Right.REFUND, Reach.SCOPED))]
Decider = Annotated[Caller, Depends(_ApiGuard(Right.DECIDE, Reach.SCOPED))]
CentreDecider = Annotated[Caller, Depends(_ApiGuard(Right.DECIDE, Reach.CENTRE))]
Operator = Annotated[Caller, Depends(_ApiGuard(Right.OPERATE, Reach.SCOPED))]
CentreOperator = Annotated[Caller, Depends(_ApiGuard(Right.OPERATE, Reach.CENTRE))]
Admin = Annotated[Caller, Depends(_ADMINISTER())]
FreshAdmin = Annotated[Caller, Depends(_ADMINISTER(is_fresh_only=True))]
AdminInPerson = Annotated[Caller, Depends(_ADMINISTER(is_fresh_only=True, is_for_people=True))]
Approver = Annotated[
    Caller,
    Depends(_ApiGuard(Right.REFUND, Reach.SCOPED, is_fresh_only=True, is_for_people=True)),
]
"""Whoever may ask for the least of what waits for a second person; the flow asks for the rest."""


async def _logged_in(request: Request, response: Response, deps: Deps) -> Caller:
    response.headers["Cache-Control"] = "no-store"
    authorization = request.headers.get("authorization")
    by_cookie = authorization is None
    if authorization is not None:
        token = authorization.removeprefix(_BEARER) if authorization.startswith(_BEARER) else None
    else:
        token = request.cookies.get(deps.session_cookie)
        _require_csrf_token(request, deps, token)
    caller = await find_caller(request, deps, token, by_cookie=by_cookie)
    if caller is None:
        raise NotLoggedIn
    return caller


def _require_csrf_token(request: Request, deps: Deps, token: str | None) -> None:
    """A browser sends the cookie whoever made it ask, so a write needs what only our page knows."""
    if token is None or request.method in _SAFE:
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not rules.is_csrf_token(deps.session_keys, token, given):
        raise NotLoggedIn(f"A write with the session cookie needs the header {CSRF_HEADER}.")
