"""`/api/session`: log in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from merchant_admin.api.access import DepsOf, Oneself, actor_of
from merchant_admin.api.bodies import LogIn, Reauthenticate, body
from merchant_admin.api.views import SessionView
from merchant_admin.flows import sessions

router = APIRouter(prefix="/api/session")


@router.post("", status_code=201)
async def log_in(
    request: Request,
    response: Response,
    deps: DepsOf,
    requested: Annotated[LogIn, Depends(body(LogIn))],
) -> SessionView:
    """A token for `Authorization: Bearer …`, valid for a working day. Of whoever has a second
    factor `totp` is its code; without it 401 `totp_required`."""
    response.headers["Cache-Control"] = "no-store"
    session = await sessions.log_in(
        deps, actor_of(request, requested.username), requested.password, requested.totp
    )
    return SessionView(access_token=session.access_token, expires_at=session.expires_at)


@router.post("/reauthentication", status_code=204)
async def reauthenticate(
    deps: DepsOf,
    caller: Oneself,
    request: Annotated[Reauthenticate, Depends(body(Reauthenticate))],
) -> None:
    """For ten minutes what is grave is open to this session again."""
    await sessions.reauthenticate(deps, caller.actor, caller.token, request.password, request.totp)


@router.delete("", status_code=204)
async def log_out(deps: DepsOf, caller: Oneself) -> None:
    await sessions.log_out(deps, caller.actor, caller.token)
