"""The administrator, sessions, and failed logins."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from merchant_admin.domain.sessions import Session

GET_HASH = "select password_hash from administrator where username = $1"

PUT_ADMINISTRATOR = """
insert into administrator (username, password_hash, updated_at) values ($1, $2, $3)
on conflict (username) do update set password_hash = $2, updated_at = $3
"""

REMOVE_OTHERS = "delete from administrator where username <> $1"
END_SESSIONS_OF = "delete from session where username = $1"

ADD_SESSION = """
insert into session (token_digest, username, ip, created_at, expires_at)
values ($1, $2, $3, $4, $5)
"""

FIND_SESSION = """
select username, expires_at from session where token_digest = $1 and expires_at > $2
"""

END_SESSION = "delete from session where token_digest = $1"

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
    found: str | None = await tx.fetchval(GET_HASH, username)
    return found


async def put_only_administrator(
    tx: Tx, username: str, password_hash: str, *, now: datetime
) -> None:
    """Make or change the administrator and end their sessions."""
    await tx.execute(PUT_ADMINISTRATOR, username, password_hash, now)
    await tx.execute(END_SESSIONS_OF, username)


async def remove_other_administrators(tx: Tx, username: str) -> None:
    """There is one; whoever was it before is logged out too."""
    await tx.execute(REMOVE_OTHERS, username)


async def add_session(
    tx: Tx, token_digest: bytes, session: Session, *, ip: str, now: datetime
) -> None:
    await tx.execute(ADD_SESSION, token_digest, session.username, ip, now, session.expires_at)


async def find_session(tx: Tx, token_digest: bytes, now: datetime) -> Session | None:
    row = await tx.fetchrow(FIND_SESSION, token_digest, now)
    return None if row is None else Session(row["username"], row["expires_at"])


async def end_session(tx: Tx, token_digest: bytes) -> None:
    await tx.execute(END_SESSION, token_digest)


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
