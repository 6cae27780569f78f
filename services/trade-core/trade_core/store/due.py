"""The rows that say when to look again, and what must be known to decide what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.database import Tx
from trade_core.domain.due import NextCheck


@dataclass(frozen=True, slots=True)
class Due:
    """When to look at this number, which is at this channel account ("": at none yet).
    `unknown_since`: of a payment of which nobody can say what its channel did."""

    subject: str
    account: str
    next_check: NextCheck | None
    unknown_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A row of ours until `lease_until`; its `due_at` is that moment meanwhile."""

    subject: str
    attempt: int
    lease_until: datetime


async def put(tx: Tx, dues: Sequence[Due]) -> None:
    """Set when to look again, or (None) that there is nothing left to do."""
    rows = [
        {
            "subject": due.subject,
            "account": due.account,
            "due_at": due.next_check.due_at,
            "attempt": due.next_check.attempt,
            "unknown_since": due.unknown_since,
        }
        for due in dues
        if due.next_check is not None
    ]
    if rows:
        first = [each.subject for each in dues if each.next_check and each.next_check.is_first]
        counted = [each.subject for each in dues if each.next_check and each.next_check.counts_on]
        await tx.execute(_PUT, rows, first, counted)
    if done := [due.subject for due in dues if due.next_check is None]:
        await tx.execute(_DROP, done)


async def make_urgent(tx: Tx, subjects: Sequence[str], now: datetime) -> None:
    """Look at once, in the step that would have come next."""
    if subjects:
        await tx.execute(_HURRY, subjects, now)


async def begin_again(tx: Tx, subjects: Sequence[str], now: datetime) -> None:
    """Ask at once, and as often as in the beginning. What somebody is just setting stays so.

    Whose refunds they were that went back of a payment is asked from attempt 1 on
    (`domain.due.returns_check`)."""
    if subjects:
        await tx.execute(_BEGIN_AGAIN, subjects, now)


async def begin_again_since(tx: Tx, since: datetime) -> int:
    """The same of all that was opened since then; how many there are."""
    opened = await tx.fetch(_OPENED_SINCE, since)
    if opened:
        await begin_again(tx, [row["subject"] for row in opened], opened[0]["now"])
    return len(opened)


_OPENED_SINCE = """
select d.subject, statement_timestamp() as now
from due_work d
    cross join lateral (
        (select created_at from payments where payment_no = d.subject)
        union all (select created_at from refunds where refund_no = d.subject)
        union all (select created_at from splits where split_no = d.subject)
        limit 1
    ) opened
where opened.created_at >= $1
"""


async def take(tx: Tx, *, lease: timedelta, limit: int) -> tuple[datetime, Sequence[Lease]]:
    """Take up to `limit` due rows; two replicas never take the same. Also what time it is, by the
    database's clock.

    Where more are due than that, every channel account that has some gets an equal share, its
    oldest ones: whoever has a hundred thousand of them waits for himself.
    """
    (looked,) = await tx.fetch(_WAITING, limit + 1)
    now, waiting = looked["now"], looked["waiting"]
    if not waiting:
        return now, []
    lease_until = now + lease
    rows = await tx.fetch(IN_TURN if waiting > limit else _TAKE, now, lease_until, limit)
    return now, [Lease(row["subject"], row["attempt"], lease_until) for row in rows]


async def oldest_s(tx: Tx) -> float:
    """How long the oldest due row has waited that nobody has leased; 0 where none is due."""
    waited: float | None = await tx.fetchval(_OLDEST)
    return max(0.0, waited or 0.0)


async def count_due(tx: Tx, limit: int) -> int:
    """How many rows are due that nobody has leased; not counted beyond `limit`."""
    row = await tx.fetchrow(_WAITING, limit)
    return int(row["waiting"]) if row else 0


async def oldest_unknown_s(tx: Tx, limit: int) -> dict[tuple[str, str], float]:
    """How long ago the oldest payment, refund and split was asked for of which nobody can say what
    its channel did, by kind and channel; of each kind the `limit` oldest are looked at."""
    rows = await tx.fetch(_OLDEST_UNKNOWN, limit)
    return {(row["kind"], row["channel"]): max(0.0, row["age_s"]) for row in rows}


async def next_s(tx: Tx) -> float | None:
    """In how many seconds the first row is due; None where there is none."""
    waited: float | None = await tx.fetchval(_OLDEST)
    return None if waited is None else -waited


async def settle(
    tx: Tx, leases: Sequence[Lease], next_checks: Mapping[str, NextCheck | None]
) -> None:
    """Give leased rows back with their next look; those without one keep their lease.

    A row that somebody has set meanwhile, or is setting now, stays as it is.
    """
    later = [
        (row, next_check)
        for row in leases
        if (next_check := next_checks.get(row.subject)) is not None
    ]
    if later:
        await tx.execute(
            _SETTLE,
            [row.subject for row, _ in later],
            [row.lease_until for row, _ in later],
            [next_check.due_at for _, next_check in later],
            [next_check.attempt for _, next_check in later],
        )
    done = [
        row for row in leases if row.subject in next_checks and next_checks[row.subject] is None
    ]
    if done:
        await tx.execute(_FORGET, [row.subject for row in done], [row.lease_until for row in done])


_PUT = """
insert into due_work (subject, account, due_at, attempt, unknown_since)
select * from jsonb_to_recordset($1)
  as l (subject text, account text, due_at timestamptz, attempt int, unknown_since timestamptz)
on conflict (subject) do update
set account = excluded.account, due_at = excluded.due_at,
    attempt = case when due_work.subject = any ($3::text[])
        then greatest(due_work.attempt, excluded.attempt) else excluded.attempt end,
    unknown_since = excluded.unknown_since
where due_work.attempt = 0 or due_work.subject <> all ($2::text[])
"""

_DROP = "delete from due_work where subject = any ($1::text[])"

_HURRY = "update due_work set due_at = $2 where subject = any ($1::text[])"

_BEGIN_AGAIN = """
update due_work d
set due_at = $2,
    attempt = case when exists (
        select from only payments p where p.payment_no = d.subject and p.state = 'succeeded'
    ) then least(d.attempt, 1) else 0 end
from (select subject from due_work where subject = any ($1::text[]) for update skip locked) found
where d.subject = found.subject
"""

_OLDEST = "select extract(epoch from statement_timestamp() - min(due_at))::float8 from due_work"

_WAITING = """
select statement_timestamp() as now, count(*) as waiting
from (
    select from due_work where due_at <= statement_timestamp() order by due_at limit $1
) due
"""

# A payment's row may lag behind its state, which therefore decides.
_OLDEST_UNKNOWN = """
select kind, channel,
    extract(epoch from statement_timestamp() - min(since))::float8 as age_s
from (
    (select 'payment' as kind, subject as payment_no, unknown_since as since
     from due_work where unknown_since is not null order by unknown_since limit $1)
    union all
    (select 'refund', payment_no, created_at
     from only refunds where state = 'processing' and heard is distinct from 'under way'
     order by created_at limit $1)
    union all
    (select 'split', payment_no, created_at
     from only splits where state = 'processing' and heard is distinct from 'under way'
     order by created_at limit $1)
) unknown join only payments p using (payment_no)
where kind <> 'payment' or p.state = 'unknown'
group by kind, channel
"""

_TAKE = """
update due_work d set due_at = $2
from (select subject from due_work where due_at <= $1
      order by due_at limit $3 for update skip locked) due
where d.subject = due.subject
returning d.subject, d.attempt
"""

# PostgreSQL has no skip scan that it would always use, so `walk` goes from account to account by
# one look into the index each. With more accounts than places, the hash of the moment decides
# whose turn it is.
IN_TURN = """
with recursive walk as (
    (select account from due_work order by account limit 1)
    union all
    select (select d.account from due_work d where d.account > walk.account
            order by d.account limit 1)
    from walk where walk.account is not null
), waiting as materialized (
    select account from walk
    where exists (select from due_work d where d.account = walk.account and d.due_at <= $1)
    order by hashtext(account || $1::text)
), share as materialized (
    select ($3 + count(*) - 1) / greatest(count(*), 1) as rows from waiting
), taken as materialized (
    select oldest.subject from waiting, lateral (
        select d.subject from due_work d
        where d.account = waiting.account and d.due_at <= $1
        order by d.due_at limit (select rows from share) for update skip locked
    ) oldest
    limit $3
)
update due_work d set due_at = $2 from taken where d.subject = taken.subject
returning d.subject, d.attempt
"""

_SETTLE = """
with ours as (
    select d.subject, c.due_at, c.attempt
    from due_work d
    join unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::int[])
      as c (subject, lease_until, due_at, attempt)
      on d.subject = c.subject and d.due_at = c.lease_until
    for update of d skip locked
)
update due_work d set due_at = ours.due_at, attempt = ours.attempt
from ours where d.subject = ours.subject
"""

_FORGET = """
with ours as (
    select d.subject
    from due_work d
    join unnest($1::text[], $2::timestamptz[]) as c (subject, lease_until)
      on d.subject = c.subject and d.due_at = c.lease_until
    for update of d skip locked
)
delete from due_work d using ours where d.subject = ours.subject
"""
