"""Replays: which deliveries they mean, and how far they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.database import Tx
from notifier.domain.deliveries import State
from notifier.store import deliveries

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


async def add(tx: Tx, request: Filter, per_s: int) -> Replay:
    return _replay(
        await tx.fetchrow(
            _ADD,
            request.app_id,
            request.created_from,
            request.created_before,
            request.type,
            request.state,
            per_s,
        )
    )


async def find(tx: Tx, replay_id: int) -> Replay | None:
    row = await tx.fetchrow(_FIND, replay_id)
    return None if row is None else _replay(row)


async def is_time(tx: Tx) -> bool:
    """A look without a lock: whether a replay is to be taken a step further now."""
    return bool(await tx.fetchval(_IS_TIME, STEP_S))


async def step(tx: Tx) -> bool | None:
    """Make the next second's part of one running replay due; its schedule begins anew.

    True: something became due. None: there is no replay whose time has come.
    """
    row = await tx.fetchrow(_LOCK_RUNNING, STEP_S)
    if row is None:
        return None
    found = await tx.fetch(_NEXT, row["replay_id"])
    if found:
        await deliveries.make_due(tx, found)
    last = max((one["delivery_id"] for one in found), default=0)
    await tx.execute(_ADVANCE, row["replay_id"], last, len(found))
    return bool(found)


def _replay(row: Any) -> Replay:
    return Replay(**{name: row[name] for name in Replay.__slots__})


_ADD = """
insert into replay (app_id, created_from, created_before, type, state, per_s, matched)
select $1, $2, $3, $4, $5, $6, count(*) from delivery_state
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

_IS_TIME = """
select exists (select from replay
               where done_at is null and stepped_at <= now() - make_interval(secs => $1))
"""

_NEXT = """
select delivery_id, day, lane_id from delivery_state told
join replay on replay_id = $1 and told.app_id = replay.app_id
where delivery_id > position
  and told.created_at >= created_from and told.created_at < created_before
  and (replay.type is null or told.type = replay.type)
  and (replay.state is null or told.state = replay.state)
order by delivery_id limit (select per_s from replay where replay_id = $1)
"""

_ADVANCE = """
update replay set
    position = greatest(position, $2), sent = sent + $3, stepped_at = now(),
    done_at = case when $3 < per_s then now() end
where replay_id = $1
"""
