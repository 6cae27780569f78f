"""Deliveries as apps and people are shown them, newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from asyncpg import Record

from chassis.database import Tx
from contracts.internal import AttemptView
from notifier.domain.deliveries import State, day_of

ATTEMPTS_SHOWN = 50  # Of one delivery, the latest; a schedule has sixteen.
NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Seen:
    """`notify_url` None: the app's own address. `merchant_id` and the three numbers
    None: it is about no payment."""

    delivery_id: int
    event_id: str
    app_id: str
    type: str
    notify_url: str | None
    state: State
    created_at: datetime
    next_attempt_at: datetime | None
    merchant_id: str | None
    merchant_order_no: str | None
    payment_no: str | None
    channel_trade_no: str | None
    attempts: list[AttemptView]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`created_from` is included, `created_before` is not; what is None does not filter.
    `merchant_ids`: what is about none, as a ping, is not shown then."""

    app_id: str | None = None
    event_id: str | None = None
    type: str | None = None
    state: State | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    merchant_ids: list[str] | None = None


async def list_page(tx: Tx, wanted: Wanted, *, before: int, limit: int, by_app: bool) -> list[Seen]:
    """`by_app`: as the app may see them; what failed in a private network keeps its answer."""
    day = day_of(wanted.event_id) if wanted.event_id else None
    ids = await tx.fetch(_ids_of(wanted), *astuple(wanted), day, before, limit)
    return await _seen(tx, ids, by_app=by_app)


def _ids_of(wanted: Wanted) -> str:
    """The query that has an index for it; all of them know every filter."""
    if wanted.event_id is not None:
        return _OF_EVENT
    if wanted.state is State.PENDING:
        return _PENDING
    if wanted.state is State.EXHAUSTED:
        return _EXHAUSTED
    return _ALL if wanted.app_id is None else _OF_APP


async def _seen(tx: Tx, ids: Sequence[Record], *, by_app: bool) -> list[Seen]:
    delivery_ids, days = [row["delivery_id"] for row in ids], [row["day"] for row in ids]
    attempts: defaultdict[int, list[AttemptView]] = defaultdict(list)
    for row in await tx.fetch(_ATTEMPTS, delivery_ids, days, ATTEMPTS_SHOWN, by_app):
        attempts[row["delivery_id"]].append(
            AttemptView(
                at=row["started_at"],
                status=row["status"],
                error=row["error"],
                latency_ms=row["latency_ms"],
                answer=row["answer"],
            )
        )
    rows = await tx.fetch(_DELIVERIES, delivery_ids, days)
    return [
        Seen(**{**row, "state": State(row["state"])}, attempts=attempts[row["delivery_id"]])
        for row in rows
    ]


_FILTERS = """
    ($1::text is null or told.app_id = $1) and ($2::text is null or told.event_id = $2)
    and ($3::text is null or told.type = $3) and ($4::text is null or told.state = $4)
    and ($5::timestamptz is null or told.created_at >= $5)
    and ($6::timestamptz is null or told.created_at < $6)
    and ($8::date is null or told.day = $8) and told.delivery_id < $9
    and ($7::text[] is null
         or convert_from(told.body, 'UTF8')::json -> 'data' ->> 'merchant_id' = any($7))
"""

_FOUND = "select told.delivery_id, told.day from delivery_state told"

_ALL = f"""{_FOUND}
where {_FILTERS}
order by told.delivery_id desc limit $10
"""

_OF_APP = f"""{_FOUND}
where told.app_id = $1 and {_FILTERS}
order by told.delivery_id desc limit $10
"""

_OF_EVENT = f"""{_FOUND}
where told.event_id = $2 and told.day = $8 and {_FILTERS}
order by told.delivery_id desc limit $10
"""

_EXHAUSTED = f"""{_FOUND}
join exhausted using (delivery_id, day)
where exhausted.delivery_id < $9 and {_FILTERS}
order by exhausted.delivery_id desc limit $10
"""

_EACH_ENDPOINT = "select found.delivery_id, found.day from lane cross join lateral"

_PENDING = f"""{_EACH_ENDPOINT} ({_FOUND}
    join due using (lane_id, delivery_id, day)
    where due.lane_id = lane.lane_id and due.delivery_id < $9 and {_FILTERS}
    order by due.delivery_id desc limit $10) found
where $1::text is null or lane.app_id = $1
order by found.delivery_id desc limit $10
"""

_DELIVERIES = """
select told.delivery_id, event_id, told.app_id, type, notify_url, state, created_at,
       case when due.due_at is not null and lane.suspended_at is null
            then greatest(due.due_at, lane.held_until) end as next_attempt_at,
       about ->> 'merchant_id' as merchant_id, about ->> 'merchant_order_no' as merchant_order_no,
       about ->> 'payment_no' as payment_no, about ->> 'channel_trade_no' as channel_trade_no
from delivery_state told
cross join lateral (select convert_from(body, 'UTF8')::json -> 'data' as about) as content
join lane on lane.lane_id = told.lane_id
left join due on due.lane_id = told.lane_id and due.delivery_id = told.delivery_id
where told.delivery_id = any($1) and told.day = any($2)
order by told.delivery_id desc
"""

_ATTEMPTS = """
select latest.* from unnest($1::bigint[], $2::date[]) as wanted (delivery_id, day)
cross join lateral (
    select delivery_id, started_at, status, error, latency_ms,
           case when private and error is not null and $4 then null else answer end as answer
    from attempt
    where attempt.delivery_id = wanted.delivery_id and attempt.day = wanted.day
    order by started_at desc limit $3) latest
order by delivery_id, started_at
"""
