"""Records that cannot be read or applied are kept with their bytes, and people are told."""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis import outbox
from chassis.consumer import DeadRecord, dead_letter_in
from notifier.domain import alerts
from notifier.flows.deps import Deps
from notifier.store import outgoing


async def keep(deps: Deps, records: Sequence[DeadRecord]) -> None:
    """Idempotent by the records' places; an alert that is raised again only counts."""
    now = datetime.now(UTC)
    raised = [alerts.dead_lettered(dead.record.topic, dead.error) for dead in records]
    async with deps.db.transaction() as tx:
        await dead_letter_in(tx, records)
        await outbox.put(tx, [outgoing.alert(alert, now) for alert in raised])
    deps.wake_relay()
