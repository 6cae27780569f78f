"""The rows that say when to look again, and what must be known to decide what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from trade_core.domain.due import Look


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of ours until `lease_until`; its `due_at` is that moment meanwhile."""

    subject: str
    attempt: int
    lease_until: datetime


async def put(tx: Tx, looks: Mapping[str, Look | None]) -> None:
    """Set when to look again, or (None) that there is nothing left to do."""
    if later := {subject: look for subject, look in looks.items() if look is not None}:
        await tx.execute(
            _PUT,
            list(later),
            [look.due_at for look in later.values()],
            [look.attempt for look in later.values()],
        )
    if done := [subject for subject, look in looks.items() if look is None]:
        await tx.execute(_DROP, done)


async def hurry(tx: Tx, subjects: Sequence[str], now: datetime) -> None:
    """Look at once, in the step that would have come next."""
    if subjects:
        await tx.execute(_HURRY, subjects, now)


async def claim(tx: Tx, *, now: datetime, lease_until: datetime, limit: int) -> Sequence[Claim]:
    """Take up to `limit` due rows, oldest first; two replicas never take the same."""
    rows = await tx.fetch(_CLAIM, now, lease_until, limit)
    return [Claim(row["subject"], row["attempt"], lease_until) for row in rows]


async def settle(tx: Tx, claims: Sequence[Claim], looks: Mapping[str, Look | None]) -> None:
    """Give claimed rows back with their next look; those without one keep their lease.

    A row that somebody has set meanwhile, or is setting now, stays as it is.
    """
    later = [(row, look) for row in claims if (look := looks.get(row.subject)) is not None]
    if later:
        await tx.execute(
            _SETTLE,
            [row.subject for row, _ in later],
            [row.lease_until for row, _ in later],
            [look.due_at for _, look in later],
            [look.attempt for _, look in later],
        )
    done = [row for row in claims if row.subject in looks and looks[row.subject] is None]
    if done:
        await tx.execute(_FORGET, [row.subject for row in done], [row.lease_until for row in done])


_PUT = """
insert into due_work (subject, due_at, attempt)
select * from unnest($1::text[], $2::timestamptz[], $3::int[])
on conflict (subject) do update set due_at = excluded.due_at, attempt = excluded.attempt
"""

_DROP = "delete from due_work where subject = any ($1::text[])"

_HURRY = "update due_work set due_at = $2 where subject = any ($1::text[])"

_CLAIM = """
update due_work d set due_at = $2
from (select subject from due_work where due_at <= $1
      order by due_at limit $3 for update skip locked) due
where d.subject = due.subject
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
