"""Replays: which deliveries they mean, and how far they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.database import Tx
from notifier.domain.deliveries import State

STEP_S = 1.0


@dataclass(frozen=True, slots=True)
class Filter:
    """`created_from` is included, `created_before` is not; what is None does not filter."""

    app_id: str
    created_from: datetime
    created_before: datetime
    type: str | None
    state: State | None


@dataclass(frozen=True, slots=True)
class Replay:
    """`matched` when it was asked for; `sent` are due again. `done_at` None: it runs."""

    replay_id: int
    app_id: str
    matched: int
    sent: int
    per_s: int
    asked_at: datetime
    done_at: datetime | None


async def add(tx: Tx, wish: Filter, per_s: int) -> Replay:
    return _replay(
        await tx.fetchrow(
            _ADD,
            wish.app_id,
            wish.created_from,
            wish.created_before,
            wish.type,
            wish.state,
            per_s,
        )
    )


async def find(tx: Tx, replay_id: int) -> Replay | None:
    row = await tx.fetchrow(_FIND, replay_id)
    return None if row is None else _replay(row)


async def step(tx: Tx) -> bool | None:
    """Make the next second's part of one running replay due; its schedule begins anew.

    True: something became due. None: there is no replay whose time has come.
    """
    row = await tx.fetchrow(_LOCK_RUNNING, STEP_S)
    if row is None:
        return None
    found = await tx.fetch(_NEXT, row["replay_id"])
    ids = [one["delivery_id"] for one in found]
    if ids:
        await tx.execute(_LOCK_LANES, list({one["lane_id"] for one in found}))
        await tx.execute(_SEND_AGAIN, ids)
    await tx.execute(_ADVANCE, row["replay_id"], max(ids, default=0), len(ids))
    return bool(ids)


def _replay(row: Any) -> Replay:
    return Replay(**{name: row[name] for name in Replay.__slots__})


_ADD = """
insert into replay (app_id, created_from, created_before, type, state, per_s, matched)
select $1, $2, $3, $4, $5, $6, count(*) from delivery
where app_id = $1 and created_at >= $2 and created_at < $3
  and ($4::text is null or type = $4) and ($5::text is null or state = $5)
returning *
"""

_FIND = "select * from replay where replay_id = $1"

_LOCK_RUNNING = """
select replay_id from replay
where done_at is null and stepped_at <= now() - make_interval(secs => $1)
order by stepped_at limit 1
for update skip locked
"""

_NEXT = """
select delivery_id, lane_id from delivery
join replay on replay_id = $1 and delivery.app_id = replay.app_id
where delivery_id > position
  and delivery.created_at >= created_from and delivery.created_at < created_before
  and (replay.type is null or delivery.type = replay.type)
  and (replay.state is null or delivery.state = replay.state)
order by delivery_id limit (select per_s from replay where replay_id = $1)
"""

_LOCK_LANES = """
select from lane where lane_id = any($1) order by app_id, origin for no key update
"""

_SEND_AGAIN = """
with wanted as (
    select delivery_id, lane_id from delivery where delivery_id = any($1)
), queued as (
    insert into due (delivery_id, lane_id, due_at, fresh, tries)
    select delivery_id, lane_id, now(), true, 0 from wanted order by delivery_id
    on conflict (delivery_id) do update set due_at = now(), fresh = true, tries = 0
    where due.lease_until is null
), reopened as (
    update delivery set state = 'pending', settled_at = null
    from wanted where delivery.delivery_id = wanted.delivery_id and delivery.state <> 'pending'
)
update lane set fresh_at = greatest(least(fresh_at, now()), held_until)
where lane_id in (select lane_id from wanted)
"""

_ADVANCE = """
update replay set
    position = greatest(position, $2), sent = sent + $3, stepped_at = now(),
    done_at = case when $3 < per_s then now() end
where replay_id = $1
"""
