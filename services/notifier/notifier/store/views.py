"""Deliveries as apps and people are shown them, newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from asyncpg import Record

from chassis.database import Tx
from contracts.internal import AttemptView
from notifier.domain.deliveries import State

ATTEMPTS_SHOWN = 50  # Of one delivery, the latest; a schedule has sixteen.
NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Seen:
    """`url` None: the app's own address."""

    delivery_id: int
    event_id: str
    app_id: str
    type: str
    notify_url: str | None
    state: State
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: list[AttemptView]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`created_from` is included, `created_before` is not; what is None does not filter."""

    app_id: str | None = None
    event_id: str | None = None
    type: str | None = None
    state: State | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def list_of_event(
    tx: Tx, app_id: str, event_id: str, *, before: int, limit: int
) -> list[Seen]:
    """As the app may see them: what failed in a private network keeps its answer for itself."""
    return await _seen(tx, await tx.fetch(_OF_EVENT, app_id, event_id, before, limit), by_app=True)


async def list_of_app(
    tx: Tx, app_id: str, *, state: State | None, before: int, limit: int
) -> list[Seen]:
    if state in (State.PENDING, State.EXHAUSTED):
        ids = await tx.fetch(_UNDELIVERED, app_id, state, before, limit)
    else:
        ids = await tx.fetch(_OF_APP, app_id, state, before, limit)
    return await _seen(tx, ids, by_app=True)


async def list_all(tx: Tx, wanted: Wanted, *, before: int, limit: int) -> list[Seen]:
    """For people of the centre: of all apps, with every answer."""
    ids = await tx.fetch(_ALL, *astuple(wanted), before, limit)
    return await _seen(tx, ids, by_app=False)


async def _seen(tx: Tx, ids: Sequence[Record], *, by_app: bool) -> list[Seen]:
    delivery_ids = [row["delivery_id"] for row in ids]
    attempts: defaultdict[int, list[AttemptView]] = defaultdict(list)
    for row in await tx.fetch(_ATTEMPTS, delivery_ids, ATTEMPTS_SHOWN, by_app):
        attempts[row["delivery_id"]].append(
            AttemptView(
                at=row["started_at"],
                status=row["status"],
                error=row["error"],
                latency_ms=row["latency_ms"],
                answer=row["answer"],
            )
        )
    rows = await tx.fetch(_DELIVERIES, delivery_ids)
    return [
        Seen(**{**row, "state": State(row["state"])}, attempts=attempts[row["delivery_id"]])
        for row in rows
    ]


_OF_EVENT = """
select delivery_id from delivery
where app_id = $1 and event_id = $2 and delivery_id < $3
order by delivery_id desc limit $4
"""

_OF_APP = """
select delivery_id from delivery
where app_id = $1 and ($2::text is null or state = $2) and delivery_id < $3
order by delivery_id desc limit $4
"""

_ALL = """
select delivery_id from delivery
where ($1::text is null or app_id = $1) and ($2::text is null or event_id = $2)
  and ($3::text is null or type = $3) and ($4::text is null or state = $4)
  and ($5::timestamptz is null or created_at >= $5)
  and ($6::timestamptz is null or created_at < $6)
  and delivery_id < $7
order by delivery_id desc limit $8
"""

_UNDELIVERED = """
select delivery_id from delivery
where app_id = $1 and state = $2 and state <> 'delivered' and delivery_id < $3
order by delivery_id desc limit $4
"""

_DELIVERIES = """
select delivery_id, event_id, delivery.app_id, type, notify_url, state, created_at,
       case when due.due_at is not null and lane.suspended_at is null
            then greatest(due.due_at, lane.held_until) end as next_attempt_at
from delivery
join lane on lane.lane_id = delivery.lane_id
left join due using (delivery_id)
where delivery_id = any($1)
order by delivery_id desc
"""

_ATTEMPTS = """
select latest.* from unnest($1::bigint[]) as wanted (delivery_id) cross join lateral (
    select delivery_id, started_at, status, error, latency_ms,
           case when private and error is not null and $3 then null else answer end as answer
    from attempt
    where attempt.delivery_id = wanted.delivery_id
    order by started_at desc limit $2) latest
order by delivery_id, started_at
"""
