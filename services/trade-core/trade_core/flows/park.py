"""A record from Kafka cannot be read or applied: it is kept, and people hear of it."""

from collections.abc import Sequence

from chassis.consumer import DeadRecord
from trade_core.flows.deps import Deps
from trade_core.store import dead_letters


async def park(deps: Deps, records: Sequence[DeadRecord]) -> None:
    async with deps.db.transaction() as tx:
        await dead_letters.park(tx, records, at=deps.clock())
    deps.wake_relay()
