"""What came of a batch of tries: attempts, deliveries, queue and lanes, in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from notifier.domain.deliveries import Outcome
from notifier.domain.lanes import Cause, Health


@dataclass(frozen=True, slots=True)
class LockedLanes:
    """`now` is the database's, the one clock of all replicas."""

    now: datetime
    health: dict[int, Health]


async def lock_lanes(tx: Tx, lane_ids: Iterable[int]) -> LockedLanes:
    """Lock them in the order that everybody keeps."""
    rows = await tx.fetch(_LOCK, sorted(set(lane_ids)))
    health = {
        row["lane_id"]: Health(
            cap=row["cap"],
            streak=row["streak"],
            trips=row["trips"],
            window_at=row["window_at"],
            window_total=row["window_total"],
            window_failed=row["window_failed"],
            held_until=row["held_until"],
            failing_since=row["failing_since"],
            suspended_at=row["suspended_at"],
            suspended_for=row["suspended_for"] and Cause(row["suspended_for"]),
            catching_up_since=row["catching_up_since"],
        )
        for row in rows
    }
    return LockedLanes(rows[0]["now"], health)


async def write(
    tx: Tx, replica: int, outcomes: Sequence[Outcome], health: Mapping[int, Health]
) -> set[int]:
    """Log the tries, settle or requeue the deliveries, and move their lanes (all locked) on.

    A claim that is not ours any more changes nothing but the log: whoever has the delivery now
    decides. Answers the delivery ids that were still ours.
    """
    rows = await tx.fetch(_WRITE, replica, *_columns(outcomes), *_lane_columns(health))
    return {row["delivery_id"] for row in rows}


def _columns(outcomes: Sequence[Outcome]) -> list[list[object]]:
    table = [
        (
            outcome.tried.claim.delivery_id,
            outcome.tried.claim.lease_until,
            outcome.state,
            outcome.due_at,
            answer.started_at if (answer := outcome.tried.answer) else None,
            destination.url if (destination := outcome.tried.destination) else None,
            answer.status if answer else None,
            outcome.judgement.trouble,
            answer.latency_ms if answer else None,
            answer.text() if answer else None,
            answer.is_private if answer else None,
        )
        for outcome in outcomes
    ]
    return [list(column) for column in zip(*table, strict=True)]


def _lane_columns(health: Mapping[int, Health]) -> list[list[object]]:
    table = [
        (
            lane_id,
            one.cap,
            one.streak,
            one.trips,
            one.window_at,
            one.window_total,
            one.window_failed,
            one.held_until,
            one.failing_since,
            one.suspended_at,
            one.suspended_for,
            one.catching_up_since,
        )
        for lane_id, one in health.items()
    ]
    return [list(column) for column in zip(*table, strict=True)]


_LOCK = """
select lane_id, cap, streak, trips, window_at, window_total, window_failed, held_until,
       failing_since, suspended_at, suspended_for, catching_up_since, now() as now
from lane where lane_id = any($1)
order by app_id, origin
for no key update
"""

# A lane whose hold ends early by a success is looked at again at once: its due times were moved to
# the end of the hold. So is an ordered one, where something may have waited for this result.
_WRITE = """
with outcome as (
    select * from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::timestamptz[],
                         $6::timestamptz[], $7::text[], $8::integer[], $9::text[], $10::integer[],
                         $11::text[], $12::boolean[])
    as o (delivery_id, lease_until, state, due_at, started_at, url, status, error, latency_ms,
          answer, private)
), health as (
    select * from unnest($13::bigint[], $14::integer[], $15::integer[], $16::integer[],
                         $17::timestamptz[], $18::integer[], $19::integer[], $20::timestamptz[],
                         $21::timestamptz[], $22::timestamptz[], $23::text[], $24::timestamptz[])
    as h (lane_id, cap, streak, trips, window_at, window_total, window_failed, held_until,
          failing_since, suspended_at, suspended_for, catching_up_since)
), logged as (
    insert into attempt (delivery_id, started_at, url, status, error, latency_ms, answer, private)
    select delivery_id, started_at, url, status, error, latency_ms, answer, private
    from outcome where started_at is not null
    on conflict do nothing
), ours as (
    select delivery_id, due.lane_id, outcome.state, started_at is not null as tried,
           due.fresh and started_at is null as fresh, order_key,
           coalesce(outcome.due_at, due.due_at) as due_at
    from outcome join due using (delivery_id, lease_until)
    where due.replica = $1
), requeued as (
    update due set lease_until = null, replica = null, due_at = ours.due_at, fresh = ours.fresh,
                   tries = tries + tried::integer
    from ours where due.delivery_id = ours.delivery_id and ours.state = 'pending'
), unqueued as (
    delete from due using ours
    where due.delivery_id = ours.delivery_id and ours.state <> 'pending'
), settled as (
    update delivery set state = ours.state, settled_at = now()
    from ours where delivery.delivery_id = ours.delivery_id and ours.state <> 'pending'
), counted as (
    select lane_id, count(*) as size, bool_or(order_key is not null) as ordered,
           min(due_at) filter (where state = 'pending' and fresh) as fresh_at,
           min(due_at) filter (where state = 'pending' and not fresh) as retry_at
    from ours group by lane_id
), moved as (
    update lane set
        in_flight = in_flight - coalesce(counted.size, 0),
        fresh_at = case when lane.held_until > now() and health.held_until is null
                             or counted.ordered then greatest(now(), health.held_until)
                   else greatest(least(lane.fresh_at, counted.fresh_at), health.held_until) end,
        retry_at = case when lane.held_until > now() and health.held_until is null
                             or counted.ordered then greatest(now(), health.held_until)
                   else greatest(least(lane.retry_at, counted.retry_at), health.held_until) end,
        cap = health.cap, streak = health.streak, trips = health.trips,
        window_at = health.window_at, window_total = health.window_total,
        window_failed = health.window_failed, held_until = health.held_until,
        failing_since = health.failing_since, suspended_at = health.suspended_at,
        suspended_for = health.suspended_for, catching_up_since = health.catching_up_since
    from health left join counted using (lane_id)
    where lane.lane_id = health.lane_id
)
select delivery_id from ours
"""
