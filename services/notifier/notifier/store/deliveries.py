"""New deliveries, and old ones to be sent again."""

from collections.abc import Mapping, Sequence

from chassis.database import Tx
from notifier.domain.deliveries import Told
from notifier.domain.lanes import origin_of

BLOCKS_S = 86_400
"""In an ordered lane the next callback of an order waits at most a day for the one before."""


async def add(tx: Tx, told: Sequence[Told], ordered: Mapping[str, bool]) -> int:
    """Store them as due now and wake their lanes; an event that is known already adds nothing.

    `ordered` by app id; an app that is not in it stays as it was. One statement, whatever the
    number. Answers how many were new.
    """
    count: int = await tx.fetchval(
        _ADD,
        [one.event_id for one in told],
        [one.app_id for one in told],
        [origin_of(one.notify_url) for one in told],
        [one.type for one in told],
        [one.notify_url for one in told],
        [one.body for one in told],
        [one.happened_at for one in told],
        [one.order_key for one in told],
        [ordered.get(one.app_id) for one in told],
        BLOCKS_S,
    )
    return count


async def send_again(tx: Tx, event_id: str, app_id: str) -> bool:
    """Make the deliveries of an event due now, their schedule beginning anew.

    One that is in flight goes on. False: the app has no delivery of such an event.
    """
    lane_ids = [row["lane_id"] for row in await tx.fetch(_LOCK_LANES_OF, event_id, app_id)]
    if lane_ids:
        await tx.execute(_SEND_AGAIN, event_id, app_id, lane_ids)
    return bool(lane_ids)


_ADD = """
with told as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[],
                         $7::timestamptz[], $8::text[], $9::boolean[])
    with ordinality as t (event_id, app_id, origin, type, notify_url, body, happened_at, order_key,
                          ordered, place)
), lanes as (
    insert into lane (app_id, origin, fresh_at, ordered)
    select distinct app_id, origin, now(), coalesce(ordered, false) from told
    order by app_id, origin
    on conflict (app_id, origin) do update
    set fresh_at = greatest(least(lane.fresh_at, now()), lane.held_until)
    returning lane_id, app_id, origin, ordered
), added as (
    insert into delivery (event_id, lane_id, app_id, type, notify_url, body, happened_at)
    select event_id, lane_id, app_id, type, notify_url, body, happened_at
    from told join lanes using (app_id, origin)
    order by place
    on conflict (event_id, lane_id) do nothing
    returning delivery_id, lane_id, event_id
), queued as (
    insert into due (delivery_id, lane_id, due_at, fresh, tries, order_key, blocks_until)
    select delivery_id, lane_id, now(), true, 0, case when lanes.ordered then told.order_key end,
           case when lanes.ordered then now() + make_interval(secs => $10) end
    from added join lanes using (lane_id)
    join told using (event_id, app_id, origin)
    on conflict do nothing
)
select count(*) from added
"""

_LOCK_LANES_OF = """
select lane_id from lane
where lane_id in (select lane_id from delivery where event_id = $1 and app_id = $2)
order by app_id, origin
for no key update
"""

_SEND_AGAIN = """
with wanted as (
    select delivery_id, lane_id from delivery where event_id = $1 and app_id = $2
), queued as (
    insert into due (delivery_id, lane_id, due_at, fresh, tries)
    select delivery_id, lane_id, now(), true, 0 from wanted
    on conflict (delivery_id) do update set due_at = now(), fresh = true, tries = 0
    where due.lease_until is null
), reopened as (
    update delivery set state = 'pending', settled_at = null
    from wanted where delivery.delivery_id = wanted.delivery_id and delivery.state <> 'pending'
)
update lane set fresh_at = greatest(least(fresh_at, now()), held_until)
where lane_id = any($3)
"""
