"""Deliveries as apps and people are shown them, newest first.

However many there are, a page costs no more than `SCANNED` looks: so many are looked at along the
index of whose they are, and the page goes on behind the last.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Final

from asyncpg import Record

from chassis.database import Tx
from contracts.internal import AttemptView
from notifier.domain.deliveries import State, day_of

ATTEMPTS_SHOWN = 50  # Of one delivery, the latest; a schedule has sixteen.
NEWEST = 2**63 - 1

SCANNED: Final = 2_000
"""About as many as can be looked at in 50 ms, their bodies read."""

SLACK: Final = timedelta(minutes=5)
"""How far two deliveries may be made in another order than their numbers: a transaction ends."""


@dataclass(frozen=True, slots=True)
class ListedDelivery:
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


@dataclass(frozen=True, slots=True)
class Page:
    """`goes_on_after`: where the next page begins; None at the end."""

    items: list[ListedDelivery]
    goes_on_after: int | None


async def list_page(tx: Tx, wanted: Wanted, *, before: int, limit: int, by_app: bool) -> Page:
    """May be shorter than the limit, or empty, and still go on: see `SCANNED`. `by_app`: as the app
    may see them; what failed in a private network keeps its answer."""
    day = day_of(wanted.event_id) if wanted.event_id else None
    given = (*astuple(wanted), day, before, SCANNED)
    ids = await tx.fetch(_FOUND.format(_walked(wanted)), *given, limit + 1)
    goes_on_after = ids[limit - 1]["delivery_id"] if len(ids) > limit else None
    if goes_on_after is None:
        goes_on_after = _left(wanted, await tx.fetchrow(_LAST.format(_walked(wanted)), *given))
    return Page(await _listed(tx, ids[:limit], by_app=by_app), goes_on_after)


def _left(wanted: Wanted, last: Record | None) -> int | None:
    """The last that was looked at, where more may be behind it."""
    if last is None:
        return None
    since = wanted.created_from
    is_over = since is not None and last["created_at"] < since - SLACK
    return None if is_over else int(last["delivery_id"])


def _walked(wanted: Wanted) -> str:
    """The query that has an index for it; all of them know every filter."""
    if wanted.event_id is not None:
        return _OF_EVENT
    if wanted.state is State.PENDING:
        return _PENDING if wanted.app_id is None else _PENDING_OF_APP
    if wanted.state is State.EXHAUSTED:
        return _EXHAUSTED if wanted.app_id is None else _EXHAUSTED_OF_APP
    return _ALL if wanted.app_id is None else _OF_APP


async def _listed(tx: Tx, ids: Sequence[Record], *, by_app: bool) -> list[ListedDelivery]:
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
        ListedDelivery(
            **{**row, "state": State(row["state"])}, attempts=attempts[row["delivery_id"]]
        )
        for row in rows
    ]


_FROM: Final = "select told.* from"

_OLD_ENOUGH: Final = """($6::timestamptz is null
    or told.created_at < $6 and told.day <= ($6 at time zone 'UTC')::date + 1)"""
"""What is younger costs no look. The day of an event is not after that of its delivery, but for
clocks."""

_OF_ONE: Final = "(app_id, delivery_id) >= ($1::text, 0) and (app_id, delivery_id) < ($1::text, $9)"
"""Between two rows, and not where the app is this one: only the index of the app has this order. In
that of their numbers alone its own were looked for among everybody's."""

_NEWEST_OF_ONE: Final = "order by app_id desc, delivery_id desc limit $10"

_NEWEST: Final = "order by told.delivery_id desc limit $10"

_ALL: Final = f"""
{_FROM} delivery told where told.delivery_id < $9 and {_OLD_ENOUGH} {_NEWEST}"""

_OF_APP: Final = f"{_FROM} delivery told where {_OF_ONE} and {_OLD_ENOUGH} {_NEWEST_OF_ONE}"

_OF_EVENT: Final = f"""
{_FROM} delivery told
where told.event_id = $2 and told.day = $8 and told.delivery_id < $9 {_NEWEST}"""

_LISTED: Final = f"{_FROM} ({{}}) listed join delivery told using (delivery_id, day)"

_EXHAUSTED: Final = _LISTED.format("""
    select delivery_id, day from exhausted
    where delivery_id < $9 order by delivery_id desc limit $10""")

_EXHAUSTED_OF_APP: Final = _LISTED.format(f"""
    select * from (
        select delivery_id, day from exhausted where {_OF_ONE} {_NEWEST_OF_ONE}) own
    order by delivery_id desc""")  # noqa: S608  # constants

_PENDING: Final = _LISTED.format("""
    select delivery_id, day from due
    where delivery_id < $9 order by delivery_id desc limit $10""")

_PENDING_OF_APP: Final = _LISTED.format("""
    select newest.* from lane cross join lateral (
        select due.delivery_id, due.day from due
        where due.lane_id = lane.lane_id and due.delivery_id < $9
        order by due.delivery_id desc limit $10) newest
    where lane.app_id = $1
    order by newest.delivery_id desc limit $10""")
"""By the servers of one app: few."""

_FILTERS: Final = """
    ($1::text is null or told.app_id = $1) and ($2::text is null or told.event_id = $2)
    and ($3::text is null or told.type = $3)
    and ($4::text is null or $4 = case
        when exists (select from due
                     where due.lane_id = told.lane_id and due.delivery_id = told.delivery_id)
        then 'pending'
        when exists (select from exhausted where exhausted.delivery_id = told.delivery_id)
        then 'exhausted' else 'delivered' end)
    and ($5::timestamptz is null or told.created_at >= $5)
    and ($6::timestamptz is null or told.created_at < $6)
    and ($8::date is null or told.day = $8) and told.delivery_id < $9 and $10 > 0
    and ($7::text[] is null
         or convert_from(told.body, 'UTF8')::json -> 'data' ->> 'merchant_id' = any($7))
"""

_FOUND: Final = f"""
select told.delivery_id, told.day from ({{}}) told
where {_FILTERS}
order by told.delivery_id desc limit $11
"""  # noqa: S608  # constants

_LAST: Final = f"""
select told.delivery_id, told.created_at from ({{}}) told
where true or {_FILTERS}
order by told.delivery_id desc offset $10 - 1 limit 1
"""  # noqa: S608  # constants

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
