"""Alerts as they came, and the incidents that people are told of."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from chassis.database import Tx
from contracts.events.alerts import AlertRecord, Severity
from notifier.domain.incidents import BY_URGENCY, Incident

FORGOTTEN_AT_ONCE = 5_000

LEASE_S = 60.0
"""Who took incidents and did not tell them leaves them to the next after this."""


async def add(tx: Tx, records: Sequence[AlertRecord]) -> list[AlertRecord]:
    """Keep them; answers those that were not known already."""
    return [record for record in records if await tx.fetchval(_ADD, *_columns(record))]


async def lock(tx: Tx, keys: Iterable[str]) -> tuple[datetime, dict[tuple[str, str], Incident]]:
    """The database's time, and the known incidents with these keys, by key and route, locked in
    their order."""
    now: datetime = await tx.fetchval("select now()")
    rows = await tx.fetch(_LOCK, sorted(set(keys)))
    return now, {(row["key"], row["route"]): _incident(row) for row in rows}


async def put(tx: Tx, incidents: Iterable[Incident]) -> None:
    await tx.executemany(_PUT, [astuple(incident) for incident in incidents])


async def take_turn(tx: Tx, destination: str, every_s: float, *, in_a_row: int = 1) -> bool:
    """Whether we may speak there now: once every `every_s`, and after a silence `in_a_row` times at
    once, whoever of the replicas it is."""
    return bool(await tx.fetchval(_TURN, destination, every_s, in_a_row))


async def list_due_routes(tx: Tx, limit: int, *, of_centre: bool | None = None) -> list[str]:
    """The routes by which something is due, the centre's first, then those that wait longest; only
    the centre's, or only the merchants', where it is said."""
    return [row["route"] for row in await tx.fetch(_DUE_ROUTES, limit, of_centre)]


async def take_due(tx: Tx, route: str, limit: int) -> list[Incident]:
    """The most urgent incidents that are due by this route, leased to us."""
    urgency = [str(severity) for severity in BY_URGENCY]
    return [_incident(row) for row in await tx.fetch(_TAKE, limit, LEASE_S, urgency, route)]


async def settle(tx: Tx, raised: Sequence[Incident], again_s: Sequence[float]) -> None:
    """People know of these now; what was raised meanwhile is due after its `again_s`."""
    await tx.execute(
        _SETTLE,
        [one.key for one in raised],
        [one.untold for one in raised],
        list(again_s),
        [one.route for one in raised],
    )


async def drop_due(tx: Tx, route: str) -> None:
    """Forget what is due by a route that leads to nobody."""
    await tx.execute("delete from trouble where route = $1 and due_at <= now()", route)


async def forget(tx: Tx, before: datetime) -> bool:
    """Remove alerts that came before then, and incidents that were told and not raised since; True:
    there are more."""
    await tx.execute("delete from trouble where due_at is null and last_at < $1", before)
    await tx.execute(
        "delete from acknowledgement where acknowledged_at < $1"
        " and not exists (select from trouble where trouble.key = acknowledgement.key)",
        before,
    )
    return bool(await tx.fetchval(_FORGET, before, FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE)


def _columns(record: AlertRecord) -> tuple[object, ...]:
    alert = record.data
    return (
        record.id,
        alert.key,
        alert.severity,
        alert.title,
        alert.detail,
        alert.merchant_id,
        alert.facts,
        record.time,
    )


def _incident(row: Any) -> Incident:
    return Incident(**{**row, "severity": Severity(row["severity"])})


_ADD = """
insert into alert (alert_id, key, severity, title, detail, merchant_id, facts, raised_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning true
"""

_LOCK = "select * from trouble where key = any($1) order by key, route for update"

_PUT = """
insert into trouble (key, severity, title, detail, merchant_id, facts, first_at, last_at, total,
                     untold, told_at, due_at, route)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (key, route) do update set
    severity = excluded.severity, title = excluded.title, detail = excluded.detail,
    merchant_id = excluded.merchant_id, facts = excluded.facts, first_at = excluded.first_at,
    last_at = excluded.last_at, total = excluded.total, untold = excluded.untold,
    due_at = excluded.due_at
"""

# What is spoken sooner than its turn counts as spoken in it: then `spoke_at` is in the future.
_TURN = """
insert into teller (destination, spoke_at) values ($1, now())
on conflict (destination) do update
set spoke_at = greatest(now(), teller.spoke_at + make_interval(secs => $2))
where teller.spoke_at <= now() + ($3::int - 2) * make_interval(secs => $2)
returning true
"""

_DUE_ROUTES = """
select route from trouble
where due_at <= now() and ($2::boolean is null or (route = '') = $2) group by route
order by route <> '', min(due_at) limit $1
"""

_TAKE = """
update trouble set due_at = now() + make_interval(secs => $2)
where route = $4
  and key in (select key from trouble where route = $4 and due_at <= now()
              order by array_position($3::text[], severity), due_at limit $1
              for update skip locked)
returning *
"""

_SETTLE = """
update trouble set
    told_at = now(), untold = trouble.untold - told.untold,
    due_at = case when trouble.untold > told.untold then now() + make_interval(secs => again_s) end
from unnest($1::text[], $2::integer[], $3::float8[], $4::text[])
     as told (key, untold, again_s, route)
where trouble.key = told.key and trouble.route = told.route
"""

_FORGET = """
with gone as (
    delete from alert where alert_id in (
        select alert_id from alert where received_at < $1 limit $2)
    returning 1
)
select count(*) from gone
"""
