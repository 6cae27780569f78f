"""Records that cannot be read or applied are kept with their bytes, and people are told."""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.consumer import DeadRecord
from contracts.events.deliveries import SOURCE
from foundation import dead_letters
from notifier.domain import alerts
from notifier.flows.deps import Deps


async def keep(deps: Deps, records: Sequence[DeadRecord]) -> None:
    """Idempotent by the records' places; an alert that is raised again only counts."""
    now = datetime.now(UTC)
    raised = [alerts.dead_lettered(dead.record.topic, dead.error) for dead in records]
    async with deps.db.transaction() as tx:
        await dead_letters.keep(tx, records, raised, source=SOURCE, at=now)
    deps.wake_relay()
