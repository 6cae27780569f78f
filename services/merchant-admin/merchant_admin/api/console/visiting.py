"""Who looks at the pages, and where they are led."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse

from merchant_admin.api.access import COOKIE, CSRF_FIELD, Caller, Work, find_caller
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NotLoggedIn
from merchant_admin.flows.deps import Deps

LOGIN: Final = "/console/login"


class LoginNeeded(Exception):
    """A page was asked for by somebody who is not logged in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    caller: Caller
    csrf: str

    @property
    def username(self) -> str:
        return self.caller.actor.username

    def actor_of(self, deps: Deps, form: dict[str, str]) -> Actor:
        """Who sends this form. Raises NotLoggedIn where it is not from a page of ours."""
        token = self.caller.token
        if not rules.is_csrf_token(deps.session_key, token, form.get(CSRF_FIELD, "")):
            raise NotLoggedIn("The form is not from this page.")
        return self.caller.actor


async def _visitor(request: Request, deps: Work) -> Visitor:
    caller = await find_caller(request, deps, request.cookies.get(COOKIE))
    if caller is None:
        raise LoginNeeded
    return Visitor(caller, rules.csrf_token(deps.session_key, caller.token))


Seen = Annotated[Visitor, Depends(_visitor)]


async def to_login(_: Request, __: Exception) -> RedirectResponse:
    return to(LOGIN)


def to(url: str) -> RedirectResponse:
    return RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
