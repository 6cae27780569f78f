"""`/api/session`: log in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from merchant_admin.api.access import Anyone, Work, actor_of
from merchant_admin.api.bodies import LogIn, body
from merchant_admin.api.views import SessionView
from merchant_admin.flows import sessions

router = APIRouter(prefix="/api/session")


@router.post("", status_code=201)
async def log_in(
    request: Request,
    response: Response,
    deps: Work,
    requested: Annotated[LogIn, Depends(body(LogIn))],
) -> SessionView:
    """A token for `Authorization: Bearer …`, valid for a working day."""
    response.headers["Cache-Control"] = "no-store"
    session = await sessions.log_in(deps, actor_of(request, requested.username), requested.password)
    return SessionView(access_token=session.access_token, expires_at=session.expires_at)


@router.delete("", status_code=204)
async def log_out(deps: Work, caller: Anyone) -> None:
    await sessions.log_out(deps, caller.actor, caller.token)
