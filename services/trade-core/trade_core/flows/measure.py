"""How far behind the clock's work is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from chassis.database import Database
from trade_core.domain import checking
from trade_core.store import checking as checks
from trade_core.store import due

CHECK_TAKES: Final = timedelta(hours=2)
"""The nightly check of the largest books is over by then."""

DUE_COUNTED: Final = 10_000
"""More than that is as bad, and would cost more to count."""

UNKNOWN_SEEN: Final = 1_000
"""The oldest of these is the oldest of all, however many a channel that is down leaves."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """`due_s`: how long the oldest due row has waited that nobody has taken; `due_rows`: how many
    there are, `DUE_COUNTED` at most. `check_s`: how long ago the nightly check should have been
    over, 0 where it is. `unknown_s`: the age of the oldest whose outcome nobody knows, by kind
    (payment, refund, split) and channel."""

    due_s: float
    check_s: float
    due_rows: int
    unknown_s: Mapping[tuple[str, str], float] = field(default_factory=dict)


async def backlog(db: Database, now: datetime) -> Backlog:
    began = checking.last_due(now)
    async with db.connection() as tx:
        due_s = await due.oldest_s(tx)
        waiting = await due.count_due(tx, DUE_COUNTED)
        unknown_s = await due.oldest_unknown_s(tx, UNKNOWN_SEEN)
        is_finished = await checks.is_finished(tx, began.date())
    late = now - began - CHECK_TAKES
    check_s = 0.0 if is_finished else max(0.0, late.total_seconds())
    return Backlog(due_s, check_s, waiting, unknown_s)
