"""Who calls, and whether they may: a bearer token (API clients) or a session cookie (pages).

Every route but those that log in says in its signature whose it is, and is guarded by that alone.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from chassis import logs
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import Forbidden, NotLoggedIn
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Right, Role
from merchant_admin.flows import sessions
from merchant_admin.flows.deps import Deps

CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"

_SAFE: Final = frozenset({"GET", "HEAD"})
_BEARER: Final = "Bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who is logged in."""

    actor: Actor
    role: Role
    scope: Scope
    token: str
    expires_at: datetime


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


Work = Annotated[Deps, Depends(_deps)]


def actor_of(request: Request, username: str) -> Actor:
    ip = request.client.host if request.client else ""
    return Actor(username=username, ip=ip, request_id=logs.request_id.get())


async def find_caller(request: Request, deps: Deps, token: str | None) -> Caller | None:
    """Whose valid session this token is; None for nobody's."""
    session = await sessions.find(deps, token) if token else None
    if token is None or session is None:
        return None
    return Caller(
        actor_of(request, session.username), session.role, session.scope, token, session.expires_at
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
    """What stands before a route: the right that it asks of its caller, and whose data it is."""

    def __init__(self, right: Right, reach: Reach) -> None:
        self.right = right
        self.reach = reach

    def admits(self, caller: Caller) -> bool:
        return caller.role.may(self.right) and self._reaches(caller.scope)

    def _reaches(self, scope: Scope) -> bool:
        return self.reach is not Reach.CENTRE or scope.is_all


class _ApiGuard(Guard):
    async def __call__(self, request: Request, response: Response, deps: Work) -> Caller:
        caller = await _logged_in(request, response, deps)
        if not self.admits(caller):
            raise Forbidden(caller.role, self.right, is_scoped=not caller.scope.is_all)
        return caller


Anyone = Annotated[Caller, Depends(_ApiGuard(Right.LOOK, Reach.OWN))]
Viewer = Annotated[Caller, Depends(_ApiGuard(Right.LOOK, Reach.SCOPED))]
CentreViewer = Annotated[Caller, Depends(_ApiGuard(Right.LOOK, Reach.CENTRE))]
Refunder = Annotated[Caller, Depends(_ApiGuard(Right.REFUND, Reach.SCOPED))]
Decider = Annotated[Caller, Depends(_ApiGuard(Right.DECIDE, Reach.SCOPED))]
CentreDecider = Annotated[Caller, Depends(_ApiGuard(Right.DECIDE, Reach.CENTRE))]
Operator = Annotated[Caller, Depends(_ApiGuard(Right.OPERATE, Reach.SCOPED))]
CentreOperator = Annotated[Caller, Depends(_ApiGuard(Right.OPERATE, Reach.CENTRE))]
Admin = Annotated[Caller, Depends(_ApiGuard(Right.ADMINISTER, Reach.CENTRE))]


async def _logged_in(request: Request, response: Response, deps: Deps) -> Caller:
    response.headers["Cache-Control"] = "no-store"
    authorization = request.headers.get("authorization")
    if authorization is not None:
        token = authorization.removeprefix(_BEARER) if authorization.startswith(_BEARER) else None
    else:
        token = request.cookies.get(deps.session_cookie)
        _require_csrf_token(request, deps, token)
    caller = await find_caller(request, deps, token)
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
