"""Endpoints that are held or suspended, and what frees them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from notifier.domain.endpoints import Cause

COUNTED = 10_000
"""Waiting deliveries of an endpoint are counted up to here."""

REJOINED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`pending` is exact below `COUNTED`."""

    endpoint_id: int
    app_id: str
    origin: str
    suspended_at: datetime | None
    suspended_for: Cause | None
    suspended_url: str | None
    failing_since: datetime | None
    held_until: datetime | None
    pending: int
    oldest_due_at: datetime | None


async def follow(tx: Tx, versions: Mapping[str, int]) -> list[str]:
    """The apps, by whose id their version is given, of which nobody has followed it yet."""
    rows = await tx.fetch(_FOLLOW, list(versions), list(versions.values()))
    return [row["app_id"] for row in rows]


async def lift_holds(tx: Tx, app_ids: Collection[str]) -> int:
    """Look at the held endpoints of these apps now; answers how many there were.

    An endpoint with an open breaker keeps its cap of one: what comes is a single probe.
    """
    endpoint_ids = [row["lane_id"] for row in await tx.fetch(_LOCK_HELD, list(app_ids))]
    if endpoint_ids:
        await tx.execute(_LIFT, endpoint_ids)
    return len(endpoint_ids)


async def set_ordered(tx: Tx, ordered: Mapping[str, bool]) -> None:
    """Whether order counts in the endpoints of these apps, for what comes from now on."""
    await tx.execute(_SET_ORDERED, list(ordered), list(ordered.values()))


async def list_page(
    tx: Tx,
    *,
    app_ids: Collection[str] | None = None,
    endpoint_id: int | None = None,
    origin: str | None = None,
    suspended: bool | None = None,
    after: int = 0,
    limit: int,
) -> list[Endpoint]:
    """In the order in which they became known; what is None does not filter."""
    rows = await tx.fetch(
        _PAGE,
        None if app_ids is None else list(app_ids),
        endpoint_id,
        origin,
        suspended,
        after,
        limit,
        COUNTED,
    )
    return [
        Endpoint(**{**row, "suspended_for": row["suspended_for"] and Cause(row["suspended_for"])})
        for row in rows
    ]


async def note_address(tx: Tx, endpoint_id: int, url: str) -> None:
    """Where the endpoint that was just suspended had been called."""
    await tx.execute(_NOTE_ADDRESS, endpoint_id, url)


async def line_up(tx: Tx, endpoint_ids: Collection[int]) -> bool:
    """Put what was tried in vain back among the first tries, in its old place, as far as it is due
    when these endpoints (all locked) are looked at next; True: some endpoint has some.

    For endpoints that are held or came back: what has waited longest is the probe, and goes first.
    """
    if not endpoint_ids:
        return False
    return bool(await tx.fetchval(_LINE_UP, list(endpoint_ids), REJOINED_AT_ONCE))


async def rejoin(tx: Tx, endpoint_id: int) -> bool:
    """Put what was tried before back among the first tries, in its old place; True: there is more.

    The endpoint is suspended, so nobody leases meanwhile.
    """
    await tx.execute(_LOCK, endpoint_id)
    return bool(await tx.fetchval(_REJOIN, endpoint_id, REJOINED_AT_ONCE) == REJOINED_AT_ONCE)


async def resume(tx: Tx, endpoint_id: int) -> None:
    """End the suspension: one probe first, then the backlog at a growing rate, oldest first.

    What is in flight since before joins the backlog when it fails.
    """
    await tx.execute(_LOCK, endpoint_id)
    await tx.execute(_RESUME, endpoint_id)


_FOLLOW = """
insert into followed as known (app_id, version)
select * from unnest($1::text[], $2::bigint[]) as app (app_id, version) order by app_id
on conflict (app_id) do update set version = excluded.version
 where known.version < excluded.version
returning app_id
"""

_LOCK_HELD = """
select lane_id from lane
where app_id = any($1) and held_until > now() and suspended_at is null
order by app_id, origin
for no key update
"""

_LIFT = """
update lane set held_until = null, fresh_at = now(), retry_at = now() where lane_id = any($1)
"""

_SET_ORDERED = """
update lane set ordered = app.ordered
from unnest($1::text[], $2::boolean[]) as app (app_id, ordered)
where lane.app_id = app.app_id and lane.ordered <> app.ordered
"""

_PAGE = """
select lane_id as endpoint_id, app_id, origin, suspended_at, suspended_for, suspended_url,
       failing_since,
       case when held_until > now() and suspended_at is null then held_until end as held_until,
       (select count(*) from (
           select 1 from due where due.lane_id = lane.lane_id and lease_until is null limit $7
       ) counted) as pending,
       least((select min(due_at) from due
              where due.lane_id = lane.lane_id and fresh and lease_until is null),
             (select min(due_at) from due
              where due.lane_id = lane.lane_id and not fresh and lease_until is null)
       ) as oldest_due_at
from lane
where lane_id > $5 and ($1::text[] is null or app_id = any($1))
  and ($2::bigint is null or lane_id = $2)
  and ($3::text is null or origin = $3)
  and ($4::boolean is null or (suspended_at is not null) = $4)
order by lane_id limit $6
"""

_NOTE_ADDRESS = "update lane set suspended_url = $2 where lane_id = $1"

_LINE_UP = """
with tried as (
    select due.lane_id, delivery_id, day from due join lane using (lane_id)
    where lane_id = any($1) and not fresh and lease_until is null
      and due_at <= greatest(now(), held_until) limit $2
), lined_up as (
    update due set fresh = true, due_at = delivery.created_at
    from tried join delivery using (delivery_id, day)
    where due.lane_id = tried.lane_id and due.delivery_id = tried.delivery_id
    returning due.lane_id
), moved as (
    update lane set fresh_at = greatest(least(fresh_at, now()), held_until)
    where lane_id in (select lane_id from lined_up)
)
select exists (select from lined_up)
"""

_LOCK = "select from lane where lane_id = $1 for no key update"

_REJOIN = """
with tried as (
    select delivery_id, day from due
    where lane_id = $1 and (not fresh or tries > 0) and lease_until is null limit $2
), rejoined as (
    update due set fresh = true, tries = 0, due_at = delivery.created_at
    from tried join delivery using (delivery_id, day)
    where due.lane_id = $1 and due.delivery_id = tried.delivery_id
    returning 1
)
select count(*) from rejoined
"""

_RESUME = """
with in_flight as (
    update due set again = coalesce(again, 'unless_delivered')
    where lane_id = $1 and lease_until is not null
      and exists (select from lane where lane_id = $1 and suspended_at is not null)
)
update lane set
    suspended_at = null, suspended_for = null, suspended_url = null, failing_since = null,
    held_until = null, streak = 0, trips = 0, cap = 1, window_at = null, window_total = 0,
    window_failed = 0, catching_up_since = now(), paced_at = now(), fresh_at = now(),
    retry_at = now()
where lane_id = $1 and suspended_at is not null
"""
