"""Alerts for people: kept, and written to the log."""

from collections.abc import Sequence

import structlog

from contracts.events.alerts import AlertRecord
from notifier.flows.deps import Deps
from notifier.store import alerts

log = structlog.get_logger()


async def receive(deps: Deps, records: Sequence[AlertRecord]) -> None:
    """Idempotent by the alert's id."""
    async with deps.db.transaction() as tx:
        await alerts.add(tx, records)
    for record in records:
        alert = record.data
        log.warning("alert.raised", key=alert.key, severity=alert.severity, title=alert.title)
