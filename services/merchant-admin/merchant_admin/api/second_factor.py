"""`/api/totp`: one's own second factor; `/api/users/{username}/totp`: that of a lost phone."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from merchant_admin.api.access import AdminInPerson, DepsOf, FreshOneself, Oneself
from merchant_admin.api.bodies import Body, Totp, body
from merchant_admin.api.ids import Username
from merchant_admin.domain.second_factor import is_needed_by
from merchant_admin.flows import second_factors

router = APIRouter(prefix="/api")
OWN: Final = "/totp"


class SecondFactorView(BaseModel):
    """`required`: of the caller's role. `recovery_codes_left` is null where there is none."""

    enrolled: bool
    required: bool
    recovery_codes_left: int | None


class EnrolmentView(BaseModel):
    """For an authenticator app: `uri` is what a QR code says, `secret` is for typing. Shown once;
    it counts when `POST /api/totp/confirm` was given a code of it."""

    secret: str
    uri: str


class ConfirmTotp(Body):
    totp: Totp


class RecoveryCodesView(BaseModel):
    """Each is good once, in place of a code. Shown here and never again."""

    recovery_codes: list[str]


@router.get(OWN)
async def read(deps: DepsOf, caller: Oneself) -> SecondFactorView:
    left = await second_factors.count_recovery_codes(deps, caller.username)
    return SecondFactorView(
        enrolled=left is not None,
        required=deps.requires_totp and is_needed_by(caller.role),
        recovery_codes_left=left,
    )


@router.post(OWN, status_code=201)
async def begin(deps: DepsOf, caller: FreshOneself) -> EnrolmentView:
    enrolment = await second_factors.begin(deps, caller.actor)
    return EnrolmentView(secret=enrolment.secret, uri=enrolment.uri)


@router.post(OWN + "/confirm")
async def confirm(
    deps: DepsOf,
    caller: FreshOneself,
    request: Annotated[ConfirmTotp, Depends(body(ConfirmTotp))],
) -> RecoveryCodesView:
    """From now on logging in asks for it. Ends all sessions of the caller but this one."""
    codes = await second_factors.confirm(deps, caller.actor, caller.token, request.totp)
    return RecoveryCodesView(recovery_codes=list(codes))


@router.post(OWN + "/recovery-codes")
async def renew_recovery_codes(deps: DepsOf, caller: FreshOneself) -> RecoveryCodesView:
    """Ten others; those that were left are gone."""
    codes = await second_factors.renew_recovery_codes(deps, caller.actor)
    return RecoveryCodesView(recovery_codes=list(codes))


@router.delete(OWN, status_code=204)
async def remove(deps: DepsOf, caller: FreshOneself) -> None:
    """Where the caller's role requires one, another is to be set up before anything else."""
    await second_factors.remove(deps, caller.actor, caller.username)


@router.delete("/users/{username}/totp", status_code=204)
async def remove_of_user(deps: DepsOf, caller: AdminInPerson, username: Username) -> None:
    """Of somebody whose phone is lost; they are logged out everywhere."""
    await second_factors.remove(deps, caller.actor, username)
