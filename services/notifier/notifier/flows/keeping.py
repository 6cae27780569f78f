"""How long deliveries and alerts are kept: day by day, and what is open as long as it is open."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from notifier.flows.deps import Deps
from notifier.store import days, incidents, signed_calls

log = structlog.get_logger()

AHEAD_DAYS: Final = 7
"""Tables are made so early that a week without us matters to nobody."""

BACK_DAYS: Final = 7
"""As long as Kafka keeps events that we have not read."""

MOST_OPEN: Final = 10_000
"""So many move to the undated in a second; a day with more of them open stays as it is."""


async def open_days(deps: Deps) -> None:
    """See to it that every day whose events may arrive has its tables."""
    today = datetime.now(UTC).date()
    wanted = [today + timedelta(days=off) for off in range(-BACK_DAYS, AHEAD_DAYS + 1)]
    async with deps.db.transaction() as tx:
        opened = await days.open_all(tx, wanted)
    if opened:
        log.info("days.opened", days=[str(day) for day in opened])


async def drop_old(deps: Deps, retention_days: int, most_open: int = MOST_OPEN) -> None:
    """Drop what is older, but for deliveries that are pending or exhausted, and untold incidents.
    Signed calls that can come no more are forgotten, too.

    Each day goes in a transaction of its own.
    """
    before = datetime.now(UTC) - timedelta(days=retention_days)
    async with deps.db.connection() as tx:
        old = await days.list_before(tx, before.date())
    for day in old:
        async with deps.db.transaction() as tx:
            is_gone = await days.drop(tx, day, most_open)
        log.info("days.dropped" if is_gone else "days.kept", day=str(day))
    for forget in (
        partial(days.prune_undated, before=before),
        partial(incidents.forget, before=before),
        signed_calls.forget,
    ):
        has_more = True
        while has_more:
            async with deps.db.transaction() as tx:
                has_more = await forget(tx)
