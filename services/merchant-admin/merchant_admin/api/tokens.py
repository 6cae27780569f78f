"""`/api/tokens`: with which machines call this API."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from merchant_admin.api.access import Admin, AdminInPerson, DepsOf
from merchant_admin.api.bodies import Body, MerchantIds, Name, body
from merchant_admin.api.ids import TokenId
from merchant_admin.api.list_queries import TokenParameters
from merchant_admin.api.paging import Page, id_after, page_of
from merchant_admin.api.users import RoleField
from merchant_admin.domain.api_tokens import MAX_LIFETIME, ApiToken
from merchant_admin.domain.users import Role
from merchant_admin.flows import api_tokens

router = APIRouter(prefix="/api/tokens")


class CreateToken(Body):
    """`merchant_ids` null: all merchants."""

    name: Name
    role: RoleField
    merchant_ids: MerchantIds | None = None
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_LIFETIME.days)] = 90


class TokenView(BaseModel):
    """`created_by`: who answers for what it does. `last_used_at`: to the minute."""

    token_id: str
    name: str
    role: Role
    merchant_ids: list[str] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> "TokenView":
        values = {name: getattr(token, name) for name in cls.model_fields if name != "merchant_ids"}
        return cls(**values, merchant_ids=token.scope.parameter)


class ShownTokenView(TokenView):
    """`token` is for `Authorization: Bearer …`; shown here and never again."""

    token: str


@router.post("", status_code=201)
async def create(
    deps: DepsOf, caller: AdminInPerson, request: Annotated[CreateToken, Depends(body(CreateToken))]
) -> ShownTokenView:
    shown = await api_tokens.create(
        deps,
        caller.actor,
        name=request.name,
        role=request.role,
        merchant_ids=request.merchant_ids,
        lifetime=timedelta(days=request.expires_in_days),
    )
    return ShownTokenView(**TokenView.of(shown.token).model_dump(), token=shown.secret)


@router.get("")
async def list_page(
    deps: DepsOf, caller: Admin, query: Annotated[TokenParameters, Query()]
) -> Page[TokenView]:
    """The newest first."""
    found = await api_tokens.read_page(
        deps,
        query.query(caller.scope),
        after=id_after("api_token", query.after),
        limit=query.limit + 1,
    )
    return page_of(found, query.limit, view=TokenView.of, place=lambda item: item.token_id)


@router.delete("/{token_id}", status_code=204)
async def revoke(deps: DepsOf, caller: AdminInPerson, token_id: TokenId) -> None:
    """From now on it opens nothing."""
    await api_tokens.revoke(deps, caller.actor, token_id)
