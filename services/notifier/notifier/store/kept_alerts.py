"""Alerts as they are kept, one for each key, and who has acknowledged them.

What the centre's people are told of is everything; a merchant's own route holds a part of it.
"""

from dataclasses import astuple, dataclass
from datetime import datetime

from chassis.database import Tx
from contracts.events.alerts import Severity
from contracts.internal import AlertOnFile, AlertState
from notifier.domain.incidents import BY_URGENCY


@dataclass(frozen=True, slots=True)
class Wanted:
    """As `contracts.internal.FindAlerts`. `before_at`, `before_key`: of the alert behind which the
    page begins."""

    merchant_ids: list[str] | None = None
    app_ids: list[str] | None = None
    merchant_id: str | None = None
    key: str | None = None
    kind: str | None = None
    severity: Severity | None = None
    state: AlertState | None = None
    raised_from: datetime | None = None
    raised_before: datetime | None = None
    before_at: datetime | None = None
    before_key: str | None = None


async def list_page(tx: Tx, wanted: Wanted, *, limit: int) -> list[AlertOnFile]:
    """The latest first."""
    urgency = [str(severity) for severity in BY_URGENCY]
    rows = await tx.fetch(_PAGE, *astuple(wanted), limit, urgency)
    return [AlertOnFile.model_validate(dict(row)) for row in rows]


async def acknowledge(tx: Tx, seen: AlertOnFile, by: str) -> None:
    """Nobody may have acknowledged it as it is; what was acknowledged before is another one."""
    await tx.execute(_ACKNOWLEDGE, seen.key, seen.first_at, seen.severity, by)


_PAGE = """
select one.key, severity, title, detail, merchant_id, facts, first_at, last_at, total,
       acknowledged_by, acknowledged_at
from trouble one
left join lateral (
    select acknowledged_by, acknowledged_at from acknowledgement taken
    where taken.key = one.key and taken.first_at = one.first_at
      and array_position($13::text[], taken.severity) <= array_position($13, one.severity)
) taken_up on true
where route = ''
  and ($1::text[] is null or merchant_id = any($1)
       or merchant_id is null and facts ->> 'app_id' = any($2::text[]))
  and ($3::text is null or merchant_id = $3)
  and ($4::text is null or one.key = $4)
  and ($5::text is null or starts_with(one.key, $5))
  and ($6::text is null or severity = $6)
  and ($7::text is null or (acknowledged_by is not null) = ($7 = 'acknowledged'))
  and ($8::timestamptz is null or last_at >= $8)
  and ($9::timestamptz is null or last_at < $9)
  and ($10::timestamptz is null or (last_at, one.key) < ($10, $11::text))
order by last_at desc, one.key desc limit $12
"""

_ACKNOWLEDGE = """
insert into acknowledgement (key, first_at, severity, acknowledged_by) values ($1, $2, $3, $4)
on conflict (key) do update set
    first_at = excluded.first_at, severity = excluded.severity,
    acknowledged_by = excluded.acknowledged_by, acknowledged_at = now()
"""
