"""`/api/users`: who may log in, and as what; `/api/password`: everybody's own."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from merchant_admin.api.access import Admin, AdminInPerson, DepsOf, Oneself, actor_of
from merchant_admin.api.bodies import Body, MerchantIds, Patch, body
from merchant_admin.api.ids import Username
from merchant_admin.api.list_queries import UserParameters
from merchant_admin.api.paging import Page, page_of, text_after
from merchant_admin.api.views import UserView
from merchant_admin.domain.audit import SYSTEM
from merchant_admin.domain.invitations import Invitation
from merchant_admin.domain.passwords import MAX_CHARS
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import Role
from merchant_admin.flows import users
from merchant_admin.flows.deps import Deps

router = APIRouter(prefix="/api")
USERS: Final = "/users"


def _nobodys(name: str) -> str:
    if name == SYSTEM.username:
        raise ValueError("is what the audit calls the service itself")
    return name


# Small letters only, so that no two names look alike in the audit.
NewUsername = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$"), AfterValidator(_nobodys)
]
Password = Annotated[str, Field(min_length=1, max_length=MAX_CHARS)]


OLD_ROLES: Final = {"admin": Role.ADMINISTRATOR, "viewer": Role.AUDITOR}
"""What programs from before name; answered by the names of today."""


def _by_newest_name(role: object) -> object:
    return OLD_ROLES.get(role, role) if isinstance(role, str) else role


RoleField = Annotated[Role, Field(strict=False), BeforeValidator(_by_newest_name)]


class CreateUser(Body):
    """Without `password` they are invited: the answer holds a link with which they set one."""

    username: NewUsername
    password: Password | None = None
    role: RoleField
    merchant_ids: MerchantIds | None = None


class ChangeUser(Patch):
    """`merchant_ids` null: all merchants."""

    role: RoleField = Role.AUDITOR
    merchant_ids: MerchantIds | None = None
    password: Password = ""
    disabled: bool = False

    def fields(self) -> dict[str, Any]:
        named = self.changes()
        if "merchant_ids" in named:
            merchant_ids = named.pop("merchant_ids")
            named["scope"] = Scope(None if merchant_ids is None else frozenset(merchant_ids))
        return named


class ChangeOwnPassword(Body):
    password: Password
    new_password: Password


class AcceptInvitation(Body):
    token: Annotated[str, Field(min_length=1, max_length=128)]
    password: Password


class InvitationView(BaseModel):
    """`url` is good once, until `expires_at`, and shown here only."""

    url: str
    expires_at: datetime

    @classmethod
    def of(cls, deps: Deps, invitation: Invitation) -> "InvitationView":
        url = f"{deps.console_url}/console/invitations/{invitation.token}"
        return cls(url=url, expires_at=invitation.expires_at)


class NewUserView(UserView):
    """`invitation` is there for whoever was created without a password."""

    invitation: InvitationView | None


@router.post(USERS, status_code=201)
async def create(
    deps: DepsOf,
    caller: AdminInPerson,
    requested: Annotated[CreateUser, Depends(body(CreateUser))],
) -> NewUserView:
    made = await users.create(deps, caller.actor, **dict(requested))
    return NewUserView(
        **UserView.of(made.user).model_dump(),
        invitation=made.invitation and InvitationView.of(deps, made.invitation),
    )


@router.post(USERS + "/{username}/invitation", status_code=201)
async def invite(deps: DepsOf, caller: AdminInPerson, username: Username) -> InvitationView:
    """Another link, in place of the one before; who has a password keeps it until it is used."""
    return InvitationView.of(deps, await users.invite(deps, caller.actor, username))


@router.post("/invitations", status_code=204)
async def accept(
    request: Request,
    deps: DepsOf,
    requested: Annotated[AcceptInvitation, Depends(body(AcceptInvitation))],
) -> None:
    """Set the password of whoever the link was made for."""
    await users.accept(deps, actor_of(request, ""), requested.token, requested.password)


@router.get(USERS)
async def list_page(
    deps: DepsOf, caller: Admin, query: Annotated[UserParameters, Query()]
) -> Page[UserView]:
    """By name."""
    found = await users.read_page(
        deps, query.query(caller.scope), after=text_after(query.after), limit=query.limit + 1
    )
    return page_of(found, query.limit, view=UserView.of, place=lambda item: item.username)


@router.get(USERS + "/{username}")
async def read(deps: DepsOf, _: Admin, username: Username) -> UserView:
    return UserView.of(await users.read(deps, username))


@router.patch(USERS + "/{username}")
async def change(
    deps: DepsOf,
    caller: AdminInPerson,
    username: Username,
    request: Annotated[ChangeUser, Depends(body(ChangeUser))],
) -> UserView:
    """Who is disabled or gets a password is logged out everywhere; a role holds at once."""
    return UserView.of(await users.change(deps, caller.actor, username, **request.fields()))


@router.put("/password", status_code=204)
async def change_own_password(
    deps: DepsOf,
    caller: Oneself,
    request: Annotated[ChangeOwnPassword, Depends(body(ChangeOwnPassword))],
) -> None:
    """Ends all sessions of the caller, this one too."""
    await users.change_own_password(deps, caller.actor, **dict(request))
