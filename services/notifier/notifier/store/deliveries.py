"""New deliveries, and old ones to be sent again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from asyncpg import Record

from chassis.database import Tx
from notifier.domain.deliveries import Lease, NewDelivery, day_of
from notifier.domain.endpoints import origin_of
from notifier.domain.slots import for_one_app

PINGS_BESIDE = 4
"""So many pings are sent beside what an address has in flight: somebody waits for them."""

BLOCKS_S = 86_400
"""In an ordered endpoint the next callback of an order waits at most a day for the one before."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A replica would send this many at once, under a lease, of those that are free for it; beside
    those that each app holds."""

    slots: int
    free: int
    replica: int
    lease_s: float
    held: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Added:
    """How many were new, and those of them that are leased already."""

    count: int
    leases: list[Lease]


async def add(
    tx: Tx, new: Sequence[NewDelivery], ordered: Mapping[str, bool], *, offer: Offer
) -> Added:
    """Store them as due now; an event that is known already adds nothing.

    What fits into the offer, and would be leased next anyway, is leased with the same statement:
    in an endpoint that has room and is not held, where nothing waits, up to the app's part of
    what is free; a `ping` in any that is not suspended, up to `PINGS_BESIDE` beside what is in
    flight. The other endpoints are woken.
    `ordered` by app id; an app that is not in it stays as it was.
    """
    places = [(one.app_id, origin_of(one.notify_url)) for one in new]
    endpoint_ids = await _lock_endpoints(tx, set(places), ordered)
    by_endpoint = {
        (endpoint_ids[place], one.event_id): one for place, one in zip(places, new, strict=True)
    }
    rooms = {
        app_id: for_one_app(offer.free, offer.held.get(app_id, 0)) for app_id, _ in set(places)
    }
    rows = await tx.fetch(
        _ADD,
        [
            _head(endpoint_id, one) | {"room": rooms[one.app_id]}
            for (endpoint_id, _), one in by_endpoint.items()
        ],
        [one.body for one in by_endpoint.values()],
        offer.slots,
        offer.lease_s,
        offer.replica,
        BLOCKS_S,
        PINGS_BESIDE,
    )
    leases = [
        _lease(row, by_endpoint[row["lane_id"], row["event_id"]])
        for row in rows
        if row["lease_until"] is not None
    ]
    return Added(len(rows), leases)


async def list_of_event(
    tx: Tx, event_id: str, app_id: str, *, about: Sequence[str] | None = None
) -> list[Record]:
    """The deliveries of an event of the app for `make_due`, each with its `notify_url`; `about`: of
    one of these merchants."""
    merchant_ids = None if about is None else list(about)
    return list(await tx.fetch(_OF_EVENT, event_id, day_of(event_id), app_id, merchant_ids))


async def make_due(tx: Tx, found: Sequence[Record]) -> None:
    """Make deliveries (rows with `delivery_id`, `day`, `lane_id`) due now, as if never tried.

    One that is in flight becomes so when its result is recorded, whatever that is.
    """
    await tx.execute(_LOCK_ENDPOINTS, list({row["lane_id"] for row in found}))
    await tx.execute(
        _MAKE_DUE,
        [row["delivery_id"] for row in found],
        [row["day"] for row in found],
        [row["lane_id"] for row in found],
    )


async def _lock_endpoints(
    tx: Tx, places: Collection[tuple[str, str]], ordered: Mapping[str, bool]
) -> dict[tuple[str, str], int]:
    """The ids of the endpoints of these apps and origins; one that is new is made."""
    endpoints = sorted(places)
    rows = await tx.fetch(
        _LOCK_OR_MAKE_ENDPOINTS,
        [app_id for app_id, _ in endpoints],
        [origin for _, origin in endpoints],
        [ordered.get(app_id, False) for app_id, _ in endpoints],
    )
    return {(row["app_id"], row["origin"]): row["lane_id"] for row in rows}


def _head(endpoint_id: int, new: NewDelivery) -> dict[str, object]:
    """All but the body, which is no text."""
    return {
        "lane_id": endpoint_id,
        "event_id": new.event_id,
        "day": day_of(new.event_id),
        "app_id": new.app_id,
        "type": new.type,
        "notify_url": new.notify_url,
        "happened_at": new.happened_at,
        "order_key": new.order_key,
    }


def _lease(row: Record, new: NewDelivery) -> Lease:
    return Lease(
        delivery_id=row["delivery_id"],
        day=row["day"],
        endpoint_id=row["lane_id"],
        leased_at=row["leased_at"],
        lease_until=row["lease_until"],
        tries=0,
        is_first=True,
        event_id=new.event_id,
        app_id=new.app_id,
        type=new.type,
        notify_url=new.notify_url,
        body=new.body,
        happened_at=new.happened_at,
    )


# All of them are locked in the order that everybody keeps, the new ones too.
_LOCK_OR_MAKE_ENDPOINTS = """
insert into lane (app_id, origin, ordered)
select * from unnest($1::text[], $2::text[], $3::boolean[])
on conflict (app_id, origin) do update set ordered = lane.ordered
returning lane_id, app_id, origin
"""

_ADD = """
with told as (
    select * from rows from (
        jsonb_to_recordset($1) as (
            lane_id bigint, event_id text, day date, app_id text, type text, notify_url text,
            happened_at timestamptz, order_key text, room integer),
        unnest($2::bytea[])
    ) with ordinality as t (lane_id, event_id, day, app_id, type, notify_url, happened_at,
                            order_key, room, body, place)
), added as (
    insert into delivery (event_id, day, lane_id, app_id, type, notify_url, body, happened_at)
    select event_id, day, lane_id, app_id, type, notify_url, body, happened_at
    from told order by place
    on conflict (event_id, lane_id, day) do nothing
    returning delivery_id, day, lane_id, event_id
), ranked as (
    select added.*, case when lane.ordered then told.order_key end as order_key,
           (fresh_at is null and catching_up_since is null and not lane.ordered
            and coalesce(held_until <= now(), true) or told.type = 'ping')
           and suspended_at is null
           and row_number() over (partition by lane_id order by place)
               <= cap - in_flight + case when told.type = 'ping' then $7 else 0 end
           as has_room, place, told.app_id, told.type, room
    from added join lane using (lane_id) join told using (lane_id, event_id)
), shared as (
    select delivery_id, place, type = 'ping'
           or row_number() over (partition by app_id order by place) <= room as is_its_part
    from ranked where has_room
), leased as (
    select delivery_id from shared where is_its_part order by place limit $3
), queued as (
    insert into due (delivery_id, day, lane_id, due_at, fresh, tries, order_key, blocks_until,
                     lease_until, replica)
    select delivery_id, day, lane_id, now(), true, 0, order_key,
           case when order_key is not null then now() + make_interval(secs => $6) end,
           case when is_ours then now() + make_interval(secs => $4) end,
           case when is_ours then $5::integer end
    from ranked cross join lateral (select delivery_id in (select * from leased) as is_ours) whose
    returning delivery_id, day, lane_id, lease_until
), moved as (
    update lane set
        in_flight = in_flight + counted.leased,
        fresh_at = case when counted.waiting > 0
                   then greatest(least(fresh_at, now()), held_until) else fresh_at end
    from (select lane_id, count(lease_until) as leased, count(*) - count(lease_until) as waiting
          from queued group by lane_id) counted
    where lane.lane_id = counted.lane_id
)
select delivery_id, queued.day, lane_id, event_id, now() as leased_at, lease_until
from queued join added using (delivery_id, lane_id)
order by delivery_id
"""

# A ping is about no merchant.
_OF_EVENT = """
select delivery_id, day, lane_id, notify_url from delivery
 where event_id = $1 and day = $2 and app_id = $3
   and ($4::text[] is null
        or coalesce(convert_from(body, 'UTF8')::jsonb -> 'data' ->> 'merchant_id' = any($4), true))
"""

_LOCK_ENDPOINTS = """
select from lane where lane_id = any($1) order by app_id, origin for no key update
"""

_MAKE_DUE = """
with wanted as (
    select * from unnest($1::bigint[], $2::date[], $3::bigint[]) as w (delivery_id, day, lane_id)
), queued as (
    insert into due (delivery_id, day, lane_id, due_at, fresh, tries)
    select delivery_id, day, lane_id, now(), true, 0 from wanted order by delivery_id
    on conflict (lane_id, delivery_id) do update set
        due_at = case when due.lease_until is null then now() else due.due_at end,
        fresh = due.lease_until is null or due.fresh,
        tries = case when due.lease_until is null then 0 else due.tries end,
        again = case when due.lease_until is not null then 'always' end
), no_longer as (
    delete from exhausted using wanted where exhausted.delivery_id = wanted.delivery_id
)
update lane set fresh_at = greatest(least(fresh_at, now()), held_until)
where lane_id in (select lane_id from wanted)
"""
