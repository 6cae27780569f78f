"""Sessions of people."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Tx
from merchant_admin.domain.sessions import NewSession, Session
from merchant_admin.domain.users import Role
from merchant_admin.store.users import scope_of

# Locked, so that whoever disables the user or changes the password finds this session, or it
# finds that out.
ADD_SESSION = """
insert into session (token_digest, username, ip, created_at, expires_at, seen_at)
select $1, username, $3, $4, $5, $4
  from admin_user
 where username = $2 and password_hash = $6 and disabled_at is null
   for share
returning true
"""

FIND_SESSION = """
select username, s.expires_at, s.seen_at, u.role, u.merchant_ids
  from session s join admin_user u using (username)
 where s.token_digest = any($1) and s.expires_at > $2 and s.seen_at > $3 and u.disabled_at is null
"""

SEE = "update session set seen_at = $2 where token_digest = any($1) and seen_at < $2"

END_SESSION = "delete from session where token_digest = any($1)"
END_SESSIONS_OF = "delete from session where username = $1"

FORGET_OLD_SESSIONS = "delete from session where expires_at <= $1 or seen_at <= $2"


async def add_session(
    tx: Tx, token_digest: bytes, session: NewSession, *, password_hash: str, ip: str, now: datetime
) -> bool:
    """Whether they may still log in with this very password."""
    added = await tx.fetchval(
        ADD_SESSION, token_digest, session.username, ip, now, session.expires_at, password_hash
    )
    return bool(added)


async def find_session(
    tx: Tx, token_digests: Sequence[bytes], *, now: datetime, idle_since: datetime
) -> Session | None:
    """By any of these digests. None also for one that was not used since `idle_since`."""
    row = await tx.fetchrow(FIND_SESSION, token_digests, now, idle_since)
    if row is None:
        return None
    return Session(
        username=row["username"],
        expires_at=row["expires_at"],
        role=Role(row["role"]),
        scope=scope_of(row["merchant_ids"]),
        seen_at=row["seen_at"],
    )


async def see_session(tx: Tx, token_digests: Sequence[bytes], now: datetime) -> None:
    """Note that it is used."""
    await tx.execute(SEE, token_digests, now)


async def end_session(tx: Tx, token_digests: Sequence[bytes]) -> None:
    await tx.execute(END_SESSION, token_digests)


async def end_sessions_of(tx: Tx, username: str) -> None:
    await tx.execute(END_SESSIONS_OF, username)


async def forget_ended(tx: Tx, *, now: datetime, idle_since: datetime) -> None:
    await tx.execute(FORGET_OLD_SESSIONS, now, idle_since)
