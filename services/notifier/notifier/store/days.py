"""The tables of the days: opened ahead, dropped whole when they are old.

Only what is pending or exhausted outlives its day, among the undated.
"""

from collections.abc import Sequence
from datetime import date, datetime

from chassis.database import Tx

CHANGING = 0x0DA7  # The advisory lock of whoever opens or drops days: one replica at a time.

PRUNED_AT_ONCE = 5_000


async def open_all(tx: Tx, days: Sequence[date]) -> list[date]:
    """Make the tables that are missing; answers which days are new."""
    await tx.execute(_LOCK, CHANGING)
    await tx.execute(_SHORT_WAIT)
    return [row["day"] for row in await tx.fetch(_OPEN, list(days))]


async def list_before(tx: Tx, day: date) -> list[date]:
    """The days before that one that have tables, the oldest first."""
    return [row["day"] for row in await tx.fetch(_LIST, day)]


async def drop(tx: Tx, day: date, most_open: int) -> bool:
    """Drop a day; False where another replica did, or more than `most_open` of it is open.

    Everybody waits for a moment; it gives up where it would have to wait a second for the others.
    """
    await tx.execute(_LOCK, CHANGING)
    await tx.execute(_SHORT_WAIT)
    return bool(await tx.fetchval(_DROP, day, most_open))


async def prune_undated(tx: Tx, before: datetime) -> bool:
    """Remove settled undated deliveries that were told before then; True: there are more."""
    await tx.execute(_SHORT_WAIT)
    await tx.execute(_ALONE)
    return bool(await tx.fetchval(_PRUNE, before, PRUNED_AT_ONCE) == PRUNED_AT_ONCE)


_LOCK = "select pg_advisory_xact_lock($1)"

_OPEN = "select day from unnest($1::date[]) as day where open_day(day)"

_LIST = """
select day from pg_inherits join pg_class on pg_class.oid = inhrelid
cross join lateral to_date(substring(relname from 'delivery_(\\d{8})$'), 'YYYYMMDD') as day
where inhparent = 'delivery'::regclass and day < $1
order by day
"""

_SHORT_WAIT = "set local lock_timeout = '1s'"

_DROP = "select drop_day($1, $2)"

# Whoever makes one of them due again has seen it before us, and then we see that it is due, or not
# at all.
_ALONE = "lock table delivery_undated in access exclusive mode"

_PRUNE = """
with old as (
    select delivery_id, day from delivery_undated told
    where created_at < $1
      and not exists (select from due
                      where due.lane_id = told.lane_id and due.delivery_id = told.delivery_id)
      and not exists (select from exhausted where exhausted.delivery_id = told.delivery_id)
    limit $2
), untried as (
    delete from attempt_undated using old
    where attempt_undated.delivery_id = old.delivery_id and attempt_undated.day = old.day
), untold as (
    delete from delivery_undated using old
    where delivery_undated.delivery_id = old.delivery_id and delivery_undated.day = old.day
    returning 1
)
select count(*) from untold
"""
