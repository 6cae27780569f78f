"""`/api/sessions` and `/api/users/{username}/sessions`: where somebody is logged in."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel

from merchant_admin.api.access import Admin, AdminInPerson, DepsOf, Oneself
from merchant_admin.api.ids import SessionId, Username
from merchant_admin.api.paging import Page
from merchant_admin.domain.sessions import OpenSession
from merchant_admin.flows import sessions, users

router = APIRouter(prefix="/api")
OWN: Final = "/sessions"
OF_USER: Final = "/users/{username}/sessions"


class OpenSessionView(BaseModel):
    """`user_agent`: what the browser or program called itself. `seen_at`: when it was used last,
    to the minute."""

    session_id: str
    ip: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, session: OpenSession) -> "OpenSessionView":
        return cls(**{name: getattr(session, name) for name in cls.model_fields})


@router.get(OWN)
async def list_own(deps: DepsOf, caller: Oneself) -> Page[OpenSessionView]:
    """The newest first."""
    return _page(await sessions.read_open(deps, caller.username))


@router.delete(OWN, status_code=204)
async def end_own(deps: DepsOf, caller: Oneself) -> None:
    """All of the caller's, this one too."""
    await sessions.end_all(deps, caller.actor, caller.username)


@router.delete(OWN + "/{session_id}", status_code=204)
async def end_one_own(deps: DepsOf, caller: Oneself, session_id: SessionId) -> None:
    await sessions.end(deps, caller.actor, caller.username, session_id)


@router.get(OF_USER)
async def list_of_user(deps: DepsOf, _: Admin, username: Username) -> Page[OpenSessionView]:
    await users.read(deps, username)
    return _page(await sessions.read_open(deps, username))


@router.delete(OF_USER, status_code=204)
async def end_of_user(deps: DepsOf, caller: AdminInPerson, username: Username) -> None:
    """Log them out everywhere."""
    await users.read(deps, username)
    await sessions.end_all(deps, caller.actor, username)


@router.delete(OF_USER + "/{session_id}", status_code=204)
async def end_one_of_user(
    deps: DepsOf, caller: AdminInPerson, username: Username, session_id: SessionId
) -> None:
    await sessions.end(deps, caller.actor, username, session_id)


def _page(found: list[OpenSession]) -> Page[OpenSessionView]:
    return Page(items=[OpenSessionView.of(it) for it in found], next_cursor=None)
