"""Wrong passwords, and the addresses from which somebody logged in before."""

from datetime import datetime

from chassis.database import Tx
from merchant_admin.domain.guessing import WINDOW, Failures, Guess, Standing

FIND_HASH = "select password_hash from admin_user where username = $1 and disabled_at is null"

LIST_FAILURES = """
select subject, failures, first_at from login_failure
 where subject = any($1::bytea[]) and first_at > $2
"""

IS_KNOWN = "select exists(select from known_address where subject = $1)"

# In one order, so that guesses at the same time never wait for each other in a circle.
COUNT_FAILURE = """
insert into login_failure as f (subject, failures, first_at)
select subject, 1, $2 from unnest($1::bytea[]) subject order by subject
on conflict (subject) do update
   set failures = case when f.first_at <= $3 then 1 else f.failures + 1 end,
       first_at = case when f.first_at <= $3 then $2 else f.first_at end
"""

COUNT_ONE = """
insert into login_failure as f (subject, failures, first_at) values ($1, 1, $2)
on conflict (subject) do update
   set failures = case when f.first_at <= $3 then 1 else f.failures + 1 end,
       first_at = case when f.first_at <= $3 then $2 else f.first_at end
returning failures, first_at
"""

FORGET_FAILURES = "delete from login_failure where subject = $1"

KNOW = """
insert into known_address (subject, last_at) values ($1, $2)
on conflict (subject) do update set last_at = excluded.last_at
"""

FORGET_OLD_FAILURES = "delete from login_failure where first_at <= $1"
FORGET_OLD_ADDRESSES = "delete from known_address where last_at <= $1"


async def find_password_hash(tx: Tx, username: str) -> str | None:
    """None also for one who is disabled."""
    found: str | None = await tx.fetchval(FIND_HASH, username)
    return found


async def get_standing(tx: Tx, guess: Guess, now: datetime) -> Standing:
    rows = await tx.fetch(LIST_FAILURES, list(guess.limits), now - WINDOW)
    failures = {row["subject"]: Failures(row["failures"], row["first_at"]) for row in rows}
    is_known: bool = await tx.fetchval(IS_KNOWN, guess.network)
    return Standing(guess, failures, is_known)


async def count_failure(tx: Tx, guess: Guess, now: datetime) -> None:
    await tx.execute(COUNT_FAILURE, list(guess.limits), now, now - WINDOW)


async def count_one(tx: Tx, subject: bytes, now: datetime) -> Failures:
    """One more try of this subject, and how many it makes."""
    row = await tx.fetchrow(COUNT_ONE, subject, now, now - WINDOW)
    assert row is not None
    return Failures(row["failures"], row["first_at"])


async def forget_failures(tx: Tx, subject: bytes) -> None:
    await tx.execute(FORGET_FAILURES, subject)


async def know_address(tx: Tx, guess: Guess, now: datetime) -> None:
    """Somebody logged in from there with this name, whose wrong passwords are forgotten."""
    await tx.execute(KNOW, guess.network, now)
    await tx.execute(FORGET_FAILURES, guess.pair)


async def forget_old(tx: Tx, *, failures_before: datetime, addresses_before: datetime) -> None:
    await tx.execute(FORGET_OLD_FAILURES, failures_before)
    await tx.execute(FORGET_OLD_ADDRESSES, addresses_before)
