"""Leasing due deliveries endpoint by endpoint, and taking back what was leased by the dead.

First the endpoints are locked, then the rows of `due` are read: two statements, because the second
must see what was committed before the first got its locks; otherwise an endpoint could be put to
sleep over a delivery that had just arrived. Endpoints are the rows of `lane`.
"""

import math
from collections.abc import Collection, Sequence

from asyncpg import Record

from chassis.database import Tx
from notifier.domain.deliveries import Lease
from notifier.domain.endpoints import Room, allowance
from notifier.store.presence import LOCK_CLASS

ENDPOINTS_AT_ONCE = 50
TAKEN_BACK_AT_ONCE = 1000


async def next_due_s(tx: Tx) -> float:
    """A look without a lock: in how many seconds some endpoint has something to lease; 0 or less:
    now, infinite: as far as is known, never."""
    seconds: float | None = await tx.fetchval(_NEXT_DUE)
    return math.inf if seconds is None else seconds


async def lock_due(tx: Tx, *, fresh: bool, slots: int, but: Collection[str] = ()) -> list[Room]:
    """Those that are due and have room, the longest waiting first; those of the apps in `but`, and
    what others have locked, are skipped."""
    limit = min(slots, ENDPOINTS_AT_ONCE)
    rows = await tx.fetch(_DUE_FRESH if fresh else _DUE_RETRY, limit, list(but))
    return [
        Room(
            row["lane_id"],
            min(row["size"], allowance(row["catching_up_s"], row["idle_s"])),
            row["app_id"],
        )
        for row in rows
    ]


async def take(
    tx: Tx, rooms: Sequence[Room], *, fresh: bool, replica: int, lease_s: float
) -> list[Lease]:
    """Lease what fits into the rooms of locked endpoints, oldest first, and move the endpoints on.

    Every endpoint is moved on, also one where nothing was found: it would stay at the front and
    starve the others.
    """
    rows = await tx.fetch(
        _TAKE,
        [room.endpoint_id for room in rooms],
        [room.size for room in rooms],
        fresh,
        lease_s,
        replica,
    )
    return [Lease(**row) for row in rows]


async def list_lost(tx: Tx) -> list[Record]:
    """The leases that ran out or whose replica is gone, for `take_back`; a look without a lock."""
    return list(await tx.fetch(_LOST, LOCK_CLASS, TAKEN_BACK_AT_ONCE))


async def take_back(tx: Tx, lost: Sequence[Record]) -> int:
    """Free these, as far as they still are as they were; answers how many."""
    endpoint_ids = {row["lane_id"] for row in lost}
    await tx.execute(_LOCK, list(endpoint_ids))
    count: int = await tx.fetchval(
        _FREE,
        [row["lane_id"] for row in lost],
        [row["delivery_id"] for row in lost],
        [row["lease_until"] for row in lost],
    )
    return count


_NEXT_DUE = """
select extract(epoch from least(
    (select min(fresh_at) from lane where fresh_at is not null and in_flight < cap),
    (select min(retry_at) from lane where retry_at is not null and in_flight < cap)
) - now())::float8
"""

_ROOM = """
select lane_id, app_id, cap - in_flight as size,
       extract(epoch from now() - catching_up_since)::float8 as catching_up_s,
       extract(epoch from now() - paced_at)::float8 as idle_s
from lane
"""

_DUE_FRESH = f"""{_ROOM}
where fresh_at <= now() and in_flight < cap and app_id <> all($2::text[])
order by fresh_at limit $1
for no key update skip locked
"""

_DUE_RETRY = f"""{_ROOM}
where retry_at <= now() and in_flight < cap and app_id <> all($2::text[])
order by retry_at limit $1
for no key update skip locked
"""

# What is picked are the endpoint's first rows in the order of the index, so the row behind them is
# the one it waits for next. One that catches up is given a part every 50 ms, until no first try
# waits. In an ordered one, what waits for an earlier one of its key is passed over by both: the
# result of the earlier one wakes the endpoint, or the time when it does not block any more.
_TAKE = """
with room as (
    select * from unnest($1::bigint[], $2::integer[]) as r (lane_id, size)
), picked as (
    select first.* from room cross join lateral (
        select delivery_id, day, lane_id from due waiting
        where lane_id = room.lane_id and fresh = $3 and lease_until is null and due_at <= now()
          and (order_key is null or not exists (
              select from due earlier
              where earlier.lane_id = waiting.lane_id and earlier.order_key = waiting.order_key
                and earlier.delivery_id < waiting.delivery_id and earlier.blocks_until > now()))
        order by due_at, delivery_id limit room.size) first
), taken as (
    update due set lease_until = now() + make_interval(secs => $4), replica = $5
    from picked where due.lane_id = picked.lane_id and due.delivery_id = picked.delivery_id
    returning due.delivery_id, due.day, due.lane_id, now() as leased_at, due.lease_until, due.tries,
              due.due_at
), moved as (
    update lane set
        in_flight = in_flight + counted.size,
        fresh_at = case when not $3 then fresh_at
                        when follower.due_at is null then blocked.ends_at
                        when catching_up_since is null then follower.due_at
                        else follower.paced_due_at end,
        retry_at = case when $3 then retry_at
                        when follower.due_at is null then blocked.ends_at
                        when catching_up_since is null then follower.due_at
                        else follower.paced_due_at end,
        paced_at = case when counted.size > 0 and catching_up_since is not null then now()
                   else paced_at end,
        catching_up_since = case when $3 and follower.due_at is null then null
                            else catching_up_since end
    from (select room.lane_id, count(delivery_id) as size
          from room left join picked using (lane_id) group by room.lane_id) counted
    left join lateral (
        select due_at, greatest(due_at, now() + interval '50 ms') as paced_due_at
        from due waiting
        where lane_id = counted.lane_id and fresh = $3 and lease_until is null
          and (order_key is null or not exists (
              select from due earlier
              where earlier.lane_id = waiting.lane_id and earlier.order_key = waiting.order_key
                and earlier.delivery_id < waiting.delivery_id and earlier.blocks_until > now()))
        order by due_at, delivery_id offset counted.size limit 1) follower on true
    cross join lateral (
        select min(blocks_until) as ends_at from due
        where lane_id = counted.lane_id and order_key is not null and blocks_until > now()
          and follower.due_at is null) blocked
    where lane.lane_id = counted.lane_id
)
select delivery_id, day, taken.lane_id as endpoint_id, leased_at, lease_until, tries, event_id,
       app_id, type, notify_url, body, happened_at, tries = 0 and due_at = created_at as is_first
from taken join delivery using (delivery_id, day)
order by delivery_id
"""

# A replica takes its lock before its first lease, so a lease that is seen has a lock that is seen.
_LOST = """
select delivery_id, lane_id, lease_until from due
where lease_until < now()
   or lease_until is not null and replica not in (
      select objid::integer from pg_locks
      where locktype = 'advisory' and classid = $1 and objsubid = 2 and granted
        and database = (select oid from pg_database where datname = current_database()))
limit $2
"""

_LOCK = """
select from lane where lane_id = any($1) order by app_id, origin for no key update
"""

_FREE = """
with lost as (
    select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[])
    as l (lane_id, delivery_id, lease_until)
), freed as (
    update due set
        lease_until = null, replica = null, again = null, fresh = fresh or again is not null,
        tries = case when again is null then tries else 0 end,
        due_at = case when again is null then due_at else now() end
    from lost where due.lane_id = lost.lane_id and due.delivery_id = lost.delivery_id
                and due.lease_until = lost.lease_until
    returning due.lane_id, fresh
), counted as (
    select lane_id, count(*) as size, bool_or(fresh) as fresh, bool_or(not fresh) as retry
    from freed group by lane_id
), moved as (
    update lane set
        in_flight = in_flight - counted.size,
        fresh_at = case when fresh then greatest(now(), held_until) else fresh_at end,
        retry_at = case when retry then greatest(now(), held_until) else retry_at end
    from counted where lane.lane_id = counted.lane_id
)
select count(*) from freed
"""
