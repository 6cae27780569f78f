"""Words of channels that cannot be applied: kept with their raw bytes, and people hear of them."""

from collections.abc import Sequence
from datetime import datetime

from chassis.consumer import DeadRecord, park_in
from chassis.database import Tx
from trade_core.domain import alerts
from trade_core.store import outgoing


async def park(tx: Tx, records: Sequence[DeadRecord], *, at: datetime) -> None:
    """Keep them in `dead_event`; parking the same record again is harmless."""
    if not records:
        return
    await park_in(tx, records)
    told = (alerts.result_parked(dead.record.key or "unknown", dead.error) for dead in records)
    await outgoing.tell_people(tx, told, at)
