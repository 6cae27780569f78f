"""Sessions of people."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Tx
from merchant_admin.domain.sessions import NewSession, OpenSession, Session
from merchant_admin.domain.users import Role
from merchant_admin.store.users import scope_of

# Locked, so that whoever disables the user or changes the password finds this session, or it
# finds that out.
ADD_SESSION = """
insert into session (token_digest, username, ip, created_at, expires_at, seen_at, user_agent,
                     authenticated_at)
select $1, username, $3, $4, $5, $4, $7, $4
  from admin_user
 where username = $2 and password_hash = $6 and disabled_at is null
   for share
returning true
"""

FIND_SESSION = """
select username, s.session_id::text, s.expires_at, s.seen_at, s.authenticated_at, u.role,
       u.merchant_ids, f.enrolled_at is not null as has_second_factor
  from session s join admin_user u using (username) left join second_factor f using (username)
 where s.token_digest = any($1) and s.expires_at > $2 and s.seen_at > $3 and u.disabled_at is null
"""

SEE = "update session set seen_at = $2 where token_digest = any($1) and seen_at < $2"

AUTHENTICATE = "update session set authenticated_at = $2 where token_digest = any($1)"

LIST = """
select session_id::text, ip, user_agent, created_at, seen_at, expires_at from session
 where username = $1 and expires_at > $2 and seen_at > $3
 order by created_at desc
 limit $4
"""

END_BY_ID = """
delete from session where username = $1 and session_id::text = $2 returning true
"""
END_OTHERS = "delete from session where username = $1 and token_digest <> all($2)"

END_SESSION = "delete from session where token_digest = any($1)"
END_SESSIONS_OF = "delete from session where username = $1"

FORGET_OLD_SESSIONS = "delete from session where expires_at <= $1 or seen_at <= $2"


async def add_session(
    tx: Tx,
    token_digest: bytes,
    session: NewSession,
    *,
    password_hash: str,
    ip: str,
    now: datetime,
    user_agent: str = "",
) -> bool:
    """Whether they may still log in with this very password."""
    added = await tx.fetchval(
        ADD_SESSION, token_digest, session.username, ip, now, session.expires_at, password_hash,
        user_agent,
    )  # fmt: skip
    return bool(added)


async def find_session(
    tx: Tx, token_digests: Sequence[bytes], *, now: datetime, idle_since: datetime
) -> Session | None:
    """By any of these digests. None also for one that was not used since `idle_since`."""
    row = await tx.fetchrow(FIND_SESSION, token_digests, now, idle_since)
    if row is None:
        return None
    return Session(
        session_id=row["session_id"],
        username=row["username"],
        expires_at=row["expires_at"],
        role=Role(row["role"]),
        scope=scope_of(row["merchant_ids"]),
        seen_at=row["seen_at"],
        authenticated_at=row["authenticated_at"],
        has_second_factor=row["has_second_factor"],
    )


async def see_session(tx: Tx, token_digests: Sequence[bytes], now: datetime) -> None:
    """Note that it is used."""
    await tx.execute(SEE, token_digests, now)


async def authenticate_session(tx: Tx, token_digests: Sequence[bytes], now: datetime) -> None:
    """Note that they proved who they are."""
    await tx.execute(AUTHENTICATE, token_digests, now)


async def list_sessions(
    tx: Tx, username: str, *, now: datetime, idle_since: datetime, limit: int
) -> list[OpenSession]:
    """Those that are open, the newest first."""
    rows = await tx.fetch(LIST, username, now, idle_since, limit)
    return [OpenSession(**dict(row)) for row in rows]


async def end_session_by_id(tx: Tx, username: str, session_id: str) -> bool:
    """Whether there was such a session of theirs."""
    return bool(await tx.fetchval(END_BY_ID, username, session_id))


async def end_other_sessions(tx: Tx, username: str, kept: Sequence[bytes]) -> None:
    """All of theirs but the one of these digests."""
    await tx.execute(END_OTHERS, username, kept)


async def end_session(tx: Tx, token_digests: Sequence[bytes]) -> None:
    await tx.execute(END_SESSION, token_digests)


async def end_sessions_of(tx: Tx, username: str) -> None:
    await tx.execute(END_SESSIONS_OF, username)


async def forget_ended(tx: Tx, *, now: datetime, idle_since: datetime) -> None:
    await tx.execute(FORGET_OLD_SESSIONS, now, idle_since)
