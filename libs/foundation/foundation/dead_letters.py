"""Records that cannot be read or applied: kept with their bytes, and people hear of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis import outbox
from chassis.consumer import DeadRecord, dead_letter_in
from chassis.database import Tx
from contracts.events.alerts import Alert
from foundation import alerting


async def keep(
    tx: Tx,
    records: Sequence[DeadRecord],
    alerts: Iterable[Alert],
    *,
    source: str,
    at: datetime,
) -> None:
    """Idempotent by the records' places; an alert that is raised again only counts. After the
    commit, wake the relay."""
    if not records:
        return
    await dead_letter_in(tx, records)
    await outbox.put(tx, [alerting.event(each, source=source, at=at) for each in alerts])
