"""Tokens of machines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.api_tokens import ApiToken
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.users import Role
from merchant_admin.store.entity_lists import EntityList, holding, period
from merchant_admin.store.users import SEES, scope_of

ADD = """
insert into api_token (token_id, token_digest, name, role, merchant_ids, created_by, created_at,
                       expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (token_id) do nothing
returning true
"""

FIND = """
select t.* from api_token t join admin_user u on u.username = t.created_by
 where t.token_digest = $1 and t.expires_at > $2 and t.revoked_at is null
   and u.disabled_at is null and u.role = any($3)
"""

USE = "update api_token set last_used_at = $2 where token_id = $1"

LIST: Final = EntityList(
    table="api_token",
    key="token_id",
    scope=None,
    conditions={
        "text": holding("name", "token_id", "created_by"),
        "role": "role = {0}",
        "merchant_id": SEES,
        "state": """case when revoked_at is not null then 'revoked'
                         when expires_at <= now() then 'expired' else 'active' end = {0}""",
        **period("created_at"),
    },
)

REVOKE = """
update api_token set revoked_at = $2 where token_id = $1 and revoked_at is null returning *
"""

REVOKE_OF = """
update api_token set revoked_at = $2
 where created_by = $1 and revoked_at is null and expires_at > $2 returning *
"""


async def add_token(tx: Tx, token: ApiToken, digest: bytes) -> bool:
    """False where there is one of this number."""
    added = await tx.fetchval(
        ADD, token.token_id, digest, token.name, token.role, token.scope.parameter,
        token.created_by, token.created_at, token.expires_at,
    )  # fmt: skip
    return added is not None


async def find_token(
    tx: Tx, digest: bytes, now: datetime, *, makers: Sequence[Role]
) -> ApiToken | None:
    """None also for one that is over or was revoked, or whose maker is disabled or has none of the
    roles of `makers` any more."""
    row = await tx.fetchrow(FIND, digest, now, makers)
    return None if row is None else _token(row)


async def use_token(tx: Tx, token_id: str, now: datetime) -> None:
    """Note that it is used."""
    await tx.execute(USE, token_id, now)


async def list_tokens(tx: Tx, asked: ListQuery, *, after: str | None, limit: int) -> list[ApiToken]:
    """The newest first, from behind `after` on."""
    return [_token(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def revoke_token(tx: Tx, token_id: str, now: datetime) -> ApiToken | None:
    """None where there is no such token that is good."""
    row = await tx.fetchrow(REVOKE, token_id, now)
    return None if row is None else _token(row)


async def revoke_tokens_of(tx: Tx, username: str, now: datetime) -> list[ApiToken]:
    """Those of this maker that were good."""
    return [_token(row) for row in await tx.fetch(REVOKE_OF, username, now)]


def _token(row: asyncpg.Record) -> ApiToken:
    return ApiToken(
        token_id=row["token_id"],
        name=row["name"],
        role=Role(row["role"]),
        scope=scope_of(row["merchant_ids"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
