"""Who looks at the pages and sends their forms, and where they are led."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from chassis.problems import Overloaded, Problem
from merchant_admin.api.access import CSRF_FIELD, Caller, DepsOf, Guard, Reach, find_caller
from merchant_admin.api.console.forms import read_form
from merchant_admin.api.console.navigation import page_of
from merchant_admin.api.console.rendering import error_page, render
from merchant_admin.api.console.uploads import is_upload, read_upload
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import (
    Forbidden,
    NotLoggedIn,
    ReauthenticationRequired,
    TooManyLogins,
    TotpRequired,
)
from merchant_admin.domain.passwords import MAX_CHARS
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Right
from merchant_admin.flows import channels, sessions, waiting
from merchant_admin.flows.deps import Deps

LOGIN: Final = "/console/login"
SECOND_FACTOR: Final = "/console/second-factor"

REAUTHENTICATION: Final = "/console/reauthentication"
BACK: Final = "back"
"""The field with the page to which people come back who proved who they are."""

PASSWORD_AGAIN: Final = "password_again"  # noqa: S105  # the name of a field
TOTP_AGAIN: Final = "totp_again"
PROOFS: Final = frozenset({PASSWORD_AGAIN, TOTP_AGAIN})

REFUSED_PROOFS: Final[Mapping[type[Problem], str]] = {
    NotLoggedIn: "wrong_password",
    TotpRequired: "wrong_totp",
    TooManyLogins: "too_many_logins",
    Overloaded: "busy_logins",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in, with what a form of a page shown to them must carry."""

    caller: Caller
    csrf: str

    @property
    def username(self) -> str:
        return self.caller.actor.username

    @property
    def role(self) -> str:
        return self.caller.role.value

    @property
    def scope(self) -> Scope:
        return self.caller.scope

    @property
    def may_operate(self) -> bool:
        return self.caller.role.may(Right.OPERATE)

    @property
    def may_refund(self) -> bool:
        return self.caller.role.may(Right.REFUND)

    @property
    def may_decide(self) -> bool:
        return self.caller.role.may(Right.DECIDE)

    @property
    def sees_all(self) -> bool:
        return self.caller.scope.is_all

    @property
    def may_administer(self) -> bool:
        return self.caller.role.may(Right.ADMINISTER)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form from a page of ours, by somebody who may send it."""

    visitor: Visitor
    form: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        return self.visitor.caller.actor

    @property
    def scope(self) -> Scope:
        return self.visitor.scope


class LoginNeeded(Exception):
    """A page was asked for by somebody who is not logged in."""


class LateForm(Exception):
    """A form of ours was sent that was shown in an earlier session, filled in as `form`."""

    def __init__(self, visitor: Visitor, form: dict[str, str]) -> None:
        self.visitor = visitor
        self.form = form


class RightNeeded(Exception):
    """A page was asked for, or a form sent, by somebody whose role does not allow it."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor


class EnrolmentNeeded(Exception):
    """A page was asked for by somebody who has to set up a second factor first."""


class ReauthenticationNeeded(Exception):
    """A form was sent by somebody who has to prove again who they are; `form` is what they filled
    in, `problem` the text that tells why their proof was not taken. `action`: where the proof goes,
    if not to where the form went."""

    def __init__(
        self,
        visitor: Visitor,
        form: dict[str, str],
        problem: str | None,
        action: str | None = None,
    ) -> None:
        self.visitor = visitor
        self.form = form
        self.problem = problem
        self.action = action


class _PageGuard(Guard):
    async def __call__(self, request: Request, deps: DepsOf) -> Visitor:
        visitor = await _let_in(self, request, deps)
        if self.is_fresh_only and not visitor.caller.is_fresh(deps.clock()):
            raise _first_prove(visitor, f"{request.url.path}?{request.url.query}")
        await channels.refresh(deps)
        return visitor


class _FormGuard(Guard):
    async def __call__(self, request: Request, deps: DepsOf) -> Sent:
        visitor = await _let_in(self, request, deps)
        sent = _sent(request, deps, Sent(visitor, await read_form(request)))
        if self.is_fresh_only:
            return replace(sent, form=await proved(deps, visitor, sent.form))
        return sent


class _UploadGuard(Guard):
    """For forms with files, and those beside them. What may hold a secret is not kept while people
    prove who they are: they come back to the page of the form."""

    async def __call__(self, request: Request, deps: DepsOf) -> Sent:
        visitor = await _let_in(self, request, deps)
        if not is_upload(request):
            sent = _sent(request, deps, Sent(visitor, await read_form(request)))
            if self.is_fresh_only:
                return replace(sent, form=await proved(deps, visitor, sent.form))
            return sent
        upload = await read_upload(request)
        sent = _sent(request, deps, Sent(visitor, upload.fields, upload.files))
        if self.is_fresh_only and not visitor.caller.is_fresh(deps.clock()):
            raise _first_prove(visitor, page_before(request))
        return sent


def page_before(request: Request) -> str:
    """The path of the page that it was sent from; "" where that cannot be told."""
    try:
        return urlsplit(request.headers.get("referer", "")).path
    except ValueError:
        return ""


def _first_prove(visitor: Visitor, back: str) -> ReauthenticationNeeded:
    form = {CSRF_FIELD: visitor.csrf, BACK: back}
    return ReauthenticationNeeded(visitor, form, None, REAUTHENTICATION)


async def proved(deps: Deps, visitor: Visitor, form: dict[str, str]) -> dict[str, str]:
    """The form, of somebody who proved within ten minutes, or proves with it, who they are.

    Raises ReauthenticationNeeded, which shows a form that keeps what was filled in.
    """
    asked = {name: value for name, value in form.items() if name not in PROOFS}
    caller = visitor.caller
    if caller.is_fresh(deps.clock()):
        return asked
    if PASSWORD_AGAIN not in form:
        raise ReauthenticationNeeded(visitor, asked, None)
    password, totp = form[PASSWORD_AGAIN][:MAX_CHARS], form.get(TOTP_AGAIN, "")[:64]
    try:
        await sessions.reauthenticate(deps, caller.actor, caller.token, password, totp)
    except (NotLoggedIn, TotpRequired, TooManyLogins, Overloaded) as refusal:
        raise ReauthenticationNeeded(visitor, asked, REFUSED_PROOFS[type(refusal)]) from refusal
    return asked


SeenByAnyone = Annotated[
    Visitor, Depends(_PageGuard(Right.VIEW, Reach.OWN, is_before_enrolment=True))
]
SeenByViewer = Annotated[Visitor, Depends(_PageGuard(Right.VIEW, Reach.SCOPED))]
SeenByDecider = Annotated[Visitor, Depends(_PageGuard(Right.DECIDE, Reach.SCOPED))]
SeenByCentre = Annotated[Visitor, Depends(_PageGuard(Right.VIEW, Reach.CENTRE))]
SeenByAdmin = Annotated[Visitor, Depends(_PageGuard(Right.ADMINISTER, Reach.CENTRE))]
FreshlySeenByAdmin = Annotated[
    Visitor, Depends(_PageGuard(Right.ADMINISTER, Reach.CENTRE, is_fresh_only=True))
]
"""For pages whose form takes secrets."""

SentByAnyone = Annotated[Sent, Depends(_FormGuard(Right.VIEW, Reach.OWN, is_before_enrolment=True))]
FreshlySentByAnyone = Annotated[
    Sent,
    Depends(_FormGuard(Right.VIEW, Reach.OWN, is_before_enrolment=True, is_fresh_only=True)),
]
SentByViewer = Annotated[Sent, Depends(_UploadGuard(Right.VIEW, Reach.SCOPED))]
SentByRefunder = Annotated[Sent, Depends(_FormGuard(Right.REFUND, Reach.SCOPED))]
FreshlySentByRefunder = Annotated[
    Sent, Depends(_FormGuard(Right.REFUND, Reach.SCOPED, is_fresh_only=True))
]
SentByDecider = Annotated[Sent, Depends(_FormGuard(Right.DECIDE, Reach.SCOPED))]
SentFileByDecider = Annotated[Sent, Depends(_UploadGuard(Right.DECIDE, Reach.SCOPED))]
SentByCentreDecider = Annotated[Sent, Depends(_FormGuard(Right.DECIDE, Reach.CENTRE))]
SentByOperator = Annotated[Sent, Depends(_FormGuard(Right.OPERATE, Reach.SCOPED))]
SentByCentreOperator = Annotated[Sent, Depends(_FormGuard(Right.OPERATE, Reach.CENTRE))]
SentByAdmin = Annotated[Sent, Depends(_FormGuard(Right.ADMINISTER, Reach.CENTRE))]
FreshlySentFileByAdmin = Annotated[
    Sent, Depends(_UploadGuard(Right.ADMINISTER, Reach.CENTRE, is_fresh_only=True))
]
FreshlySentByAdmin = Annotated[
    Sent, Depends(_FormGuard(Right.ADMINISTER, Reach.CENTRE, is_fresh_only=True))
]
"""For credentials, keys, users and rights."""


async def to_forbidden(request: Request, error: Exception) -> Response:
    assert isinstance(error, RightNeeded)
    return error_page(request, Forbidden.status, error.visitor)


async def to_enrolment(_: Request, __: Exception) -> Response:
    return to(SECOND_FACTOR)


async def to_reauthentication(request: Request, error: Exception) -> Response:
    assert isinstance(error, ReauthenticationNeeded)
    context = {
        "visitor": error.visitor,
        "fields": error.form,
        "has_second_factor": error.visitor.caller.has_second_factor,
        "problem": error.problem,
        "action": error.action or request.url.path,
    }
    return render(request, "reauthentication.html", context, status=ReauthenticationRequired.status)


def to(url: str) -> RedirectResponse:
    return RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})


def _sent(request: Request, deps: Deps, sent: Sent) -> Sent:
    """Raises NotLoggedIn for a form that is not of ours, LateForm for one of an earlier session."""
    given = sent.form.get(CSRF_FIELD, "")
    if rules.is_csrf_token(deps.session_keys, sent.visitor.caller.token, given):
        return sent
    if request.headers.get("sec-fetch-site") == "same-origin" and not is_upload(request):
        raise LateForm(sent.visitor, sent.form)
    raise NotLoggedIn("The form is not from this page.")


async def find_visitor(request: Request, deps: Deps) -> Visitor | None:
    """Whoever is logged in, whatever they may see."""
    token = request.cookies.get(deps.session_cookie)
    caller = await find_caller(request, deps, token, by_cookie=True)
    if caller is None:
        return None
    return Visitor(caller, rules.csrf_token(deps.session_keys, caller.token))


async def _let_in(guard: Guard, request: Request, deps: Deps) -> Visitor:
    visitor = await find_visitor(request, deps)
    if visitor is None:
        raise LoginNeeded
    request.state.visitor = visitor
    if guard.wants_enrolment(visitor.caller):
        raise EnrolmentNeeded
    scope, role = visitor.scope, visitor.caller.role
    request.state.waiting = await waiting.read(deps, scope, role)
    if not guard.admits(visitor.caller):
        raise RightNeeded(visitor)
    if request.method == "POST":
        waiting.expect_changes(deps, scope, role, page_of(request.url.path))
    return visitor
