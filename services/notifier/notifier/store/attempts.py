"""What came of a batch of tries: attempts, deliveries, queue and endpoints, in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from notifier.domain.deliveries import FinishedAttempt
from notifier.domain.endpoints import Cause, Health


@dataclass(frozen=True, slots=True)
class LockedEndpoints:
    """`now` is the database's, the one clock of all replicas."""

    now: datetime
    health: dict[int, Health]


async def lock(tx: Tx, endpoint_ids: Iterable[int]) -> LockedEndpoints:
    """Lock them in the order that everybody keeps."""
    rows = await tx.fetch(_LOCK, sorted(set(endpoint_ids)))
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
    return LockedEndpoints(rows[0]["now"], health)


@dataclass(frozen=True, slots=True)
class Written:
    """The ids of the deliveries that were still ours, and of those of them that are due again
    because somebody asked meanwhile; whether one of the endpoints has more that is due now."""

    ours: set[int]
    asked_again: set[int]
    is_due: bool


async def write(
    tx: Tx, replica: int, finished_attempts: Sequence[FinishedAttempt], health: Mapping[int, Health]
) -> Written:
    """Log the tries, settle or requeue the deliveries, and move their endpoints (all locked) on.

    A lease that is not ours any more changes nothing but the log: whoever has the delivery now
    decides.
    """
    rows = await tx.fetch(
        _WRITE,
        replica,
        [_row(finished) for finished in finished_attempts],
        list(health),
        list(health.values()),
    )
    return Written(
        ours={row["delivery_id"] for row in rows},
        asked_again={row["delivery_id"] for row in rows if row["asked_again"]},
        is_due=any(row["is_due"] for row in rows[:1]),
    )


def _row(finished: FinishedAttempt) -> dict[str, object]:
    lease, answer, destination = (
        finished.attempt.lease,
        finished.attempt.answer,
        finished.attempt.destination,
    )
    row: dict[str, object] = {
        "delivery_id": lease.delivery_id,
        "day": lease.day,
        "lane_id": lease.endpoint_id,
        "app_id": lease.app_id,
        "lease_until": lease.lease_until,
        "state": finished.state,
        "due_at": finished.due_at,
    }
    if answer and destination:
        row |= {
            "started_at": answer.started_at,
            "url": destination.url,
            "status": answer.status,
            "error": finished.classification.failure,
            "latency_ms": answer.latency_ms,
            "answer": answer.text(),
            "private": answer.is_private,
        }
    return row


_LOCK = """
select lane_id, cap, streak, trips, window_at, window_total, window_failed, held_until,
       failing_since, suspended_at, suspended_for, catching_up_since, now() as now
from lane where lane_id = any($1)
order by app_id, origin
for no key update
"""

# An endpoint whose hold ends early by a success is looked at again at once: its due times were
# moved to the end of the hold. So is an ordered one, where something may have waited for this
# result. What was asked for again meanwhile is due at once, as if never tried; where it was
# settled before, it holds up none of its order any more.
_WRITE = """
with outcome as (
    select * from jsonb_to_recordset($2) as o (
        delivery_id bigint, day date, lane_id bigint, app_id text, lease_until timestamptz,
        state text, due_at timestamptz, started_at timestamptz, url text, status integer,
        error text, latency_ms integer, answer text, private boolean)
), health as (
    select * from rows from (
        unnest($3::bigint[]),
        jsonb_to_recordset($4) as (
            cap integer, streak integer, trips integer, window_at timestamptz,
            window_total integer, window_failed integer, held_until timestamptz,
            failing_since timestamptz, suspended_at timestamptz, suspended_for text,
            catching_up_since timestamptz)
    ) as h (lane_id, cap, streak, trips, window_at, window_total, window_failed, held_until,
            failing_since, suspended_at, suspended_for, catching_up_since)
), logged as (
    insert into attempt (delivery_id, day, started_at, url, status, error, latency_ms, answer,
                         private)
    select delivery_id, day, started_at, url, status, error, latency_ms, answer, private
    from outcome where started_at is not null
    on conflict do nothing
), ours as (
    select delivery_id, due.day, lane_id, app_id, order_key, asked_again,
           case when asked_again then 'pending' else outcome.state end as state,
           asked_again and outcome.state <> 'pending' as unordered,
           asked_again or due.fresh and started_at is null as fresh,
           case when asked_again then 0 else due.tries + (started_at is not null)::integer end
               as tries,
           case when asked_again then now() else coalesce(outcome.due_at, due.due_at) end as due_at
    from outcome join due using (lane_id, delivery_id, lease_until)
    cross join lateral (
        select coalesce(again = 'always' or again is not null and outcome.state <> 'delivered',
                        false) as asked_again) asked
    where due.replica = $1
), requeued as (
    update due set
        lease_until = null, replica = null, again = null, due_at = ours.due_at,
        fresh = ours.fresh, tries = ours.tries,
        order_key = case when not unordered then due.order_key end,
        blocks_until = case when not unordered then due.blocks_until end
    from ours where due.lane_id = ours.lane_id and due.delivery_id = ours.delivery_id
                and ours.state = 'pending'
), unqueued as (
    delete from due using ours
    where due.lane_id = ours.lane_id and due.delivery_id = ours.delivery_id
      and ours.state <> 'pending'
), given_up as (
    insert into exhausted (delivery_id, day, app_id)
    select delivery_id, day, app_id from ours where state = 'exhausted'
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
    returning lane.in_flight < lane.cap
              and (lane.fresh_at <= now() or lane.retry_at <= now()) as is_due
)
select delivery_id, asked_again, (select bool_or(is_due) from moved) as is_due from ours
"""
