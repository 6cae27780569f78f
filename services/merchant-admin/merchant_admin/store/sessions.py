"""Sessions, and failed logins."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from merchant_admin.domain.sessions import NewSession, Session
from merchant_admin.domain.users import Role

FIND_HASH = "select password_hash from admin_user where username = $1 and disabled_at is null"

# Locked, so that whoever disables the user or changes the password finds this session, or it
# finds that out.
ADD_SESSION = """
insert into session (token_digest, username, ip, created_at, expires_at)
select $1, username, $3, $4, $5
  from admin_user
 where username = $2 and password_hash = $6 and disabled_at is null
   for share
returning true
"""

FIND_SESSION = """
select username, s.expires_at, u.role
  from session s join admin_user u using (username)
 where s.token_digest = $1 and s.expires_at > $2 and u.disabled_at is null
"""

END_SESSION = "delete from session where token_digest = $1"
END_SESSIONS_OF = "delete from session where username = $1"

COUNT_ATTEMPT = """
insert into login_failure as f (subject, failures, first_at) values ($1, 1, $2)
on conflict (subject) do update
   set failures = case when f.first_at <= $3 then 1 else f.failures + 1 end,
       first_at = case when f.first_at <= $3 then $2 else f.first_at end
returning failures, first_at
"""

FORGET_FAILURES = "delete from login_failure where subject = $1"

FORGET_OLD_FAILURES = "delete from login_failure where first_at <= $1"
FORGET_OLD_SESSIONS = "delete from session where expires_at <= $1"


@dataclass(frozen=True, slots=True)
class Attempts:
    count: int
    first_at: datetime


async def find_password_hash(tx: Tx, username: str) -> str | None:
    """None also for one who is disabled."""
    found: str | None = await tx.fetchval(FIND_HASH, username)
    return found


async def add_session(
    tx: Tx, token_digest: bytes, session: NewSession, *, password_hash: str, ip: str, now: datetime
) -> bool:
    """Whether they may still log in with this very password."""
    added = await tx.fetchval(
        ADD_SESSION, token_digest, session.username, ip, now, session.expires_at, password_hash
    )
    return bool(added)


async def find_session(tx: Tx, token_digest: bytes, now: datetime) -> Session | None:
    row = await tx.fetchrow(FIND_SESSION, token_digest, now)
    return None if row is None else Session(row["username"], row["expires_at"], Role(row["role"]))


async def end_session(tx: Tx, token_digest: bytes) -> None:
    await tx.execute(END_SESSION, token_digest)


async def end_sessions_of(tx: Tx, username: str) -> None:
    await tx.execute(END_SESSIONS_OF, username)


async def count_attempt(
    tx: Tx, subject: bytes, *, now: datetime, window_start: datetime
) -> Attempts:
    """Count this attempt and tell how many there were, it included, since the first in the
    window. One statement, so that attempts at the same time cannot pass the limit together."""
    row = await tx.fetchrow(COUNT_ATTEMPT, subject, now, window_start)
    if row is None:
        raise LookupError("an upsert returns its row")
    return Attempts(row["failures"], row["first_at"])


async def forget_failures(tx: Tx, subject: bytes) -> None:
    await tx.execute(FORGET_FAILURES, subject)


async def forget_expired(tx: Tx, *, now: datetime, window_start: datetime) -> None:
    await tx.execute(FORGET_OLD_SESSIONS, now)
    await tx.execute(FORGET_OLD_FAILURES, window_start)
