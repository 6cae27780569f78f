"""Drafts of the guided way, one a user."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chassis.database import Tx

PUT: Final = """
insert into onboarding_draft (username, draft, updated_at) values ($1, $2, $3)
on conflict (username) do update set draft = $2, updated_at = $3
"""
GET: Final = "select draft from onboarding_draft where username = $1"
DELETE: Final = "delete from onboarding_draft where username = $1"


async def put_draft(tx: Tx, username: str, draft: Mapping[str, Any], at: datetime) -> None:
    await tx.execute(PUT, username, dict(draft), at)


async def find_draft(tx: Tx, username: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = await tx.fetchval(GET, username)
    return found


async def delete_draft(tx: Tx, username: str) -> None:
    await tx.execute(DELETE, username)
