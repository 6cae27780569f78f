"""Invitations that are open."""

from datetime import datetime

from chassis.database import Tx

PUT = """
insert into invitation (username, token_digest, created_at, expires_at) values ($1, $2, $3, $4)
on conflict (username) do update
   set token_digest = excluded.token_digest, created_at = excluded.created_at,
       expires_at = excluded.expires_at
"""

FIND = """
select username from invitation join admin_user using (username)
 where token_digest = $1 and expires_at > $2 and disabled_at is null
"""

TAKE = "delete from invitation where token_digest = $1 and expires_at > $2 returning username"
WITHDRAW = "delete from invitation where username = $1"
EXPIRES = "select username, expires_at from invitation where username = any($1) and expires_at > $2"
FORGET_OLD = "delete from invitation where expires_at <= $1"


async def put_invitation(
    tx: Tx, username: str, digest: bytes, *, now: datetime, expires_at: datetime
) -> None:
    """In place of the one before."""
    await tx.execute(PUT, username, digest, now, expires_at)


async def find_invited(tx: Tx, digest: bytes, now: datetime) -> str | None:
    """Whose open invitation it is."""
    found: str | None = await tx.fetchval(FIND, digest, now)
    return found


async def take_invitation(tx: Tx, digest: bytes, now: datetime) -> str | None:
    """Whose it was; it is used up now."""
    taken: str | None = await tx.fetchval(TAKE, digest, now)
    return taken


async def withdraw_invitation(tx: Tx, username: str) -> None:
    await tx.execute(WITHDRAW, username)


async def list_open(tx: Tx, usernames: list[str], now: datetime) -> dict[str, datetime]:
    """Until when those of them that are invited can come in, by name."""
    rows = await tx.fetch(EXPIRES, usernames, now)
    return {row["username"]: row["expires_at"] for row in rows}


async def forget_expired(tx: Tx, now: datetime) -> None:
    await tx.execute(FORGET_OLD, now)
