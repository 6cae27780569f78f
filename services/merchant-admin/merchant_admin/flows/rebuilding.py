"""The read model made anew from trade-core's event log, beside the one that people search.

Events that come meanwhile are in the log before they are on the bus. So who has read the log to its
end while nobody writes the old tables has all that those ever saw, and the two change places.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from chassis.database import Database, Tx
from chassis.problems import Problem
from contracts.events.envelope import CloudEvent
from contracts.events.orders import OrderEvent, OrderEventRecord
from contracts.internal import EventLogPage, LoggedEvent
from foundation.service_client import Service
from merchant_admin.flows.read_model import put
from merchant_admin.store import rebuilding as store

log = structlog.get_logger()

PAGE: Final = 500
PATH: Final = "/internal/event-log"
TRIES: Final = 20
REST_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many events were read; the time of the oldest, before which rows were carried over:
    without one all were."""

    events: int
    since: datetime | None


async def rebuild(db: Database, trade_core: Service) -> Rebuilt:
    """May be stopped and begun again at any time; until the end nobody sees anything of it."""
    async with db.transaction() as tx:
        await store.make_tables(tx)
    since, position, events = None, 0, 0
    while items := await _page(trade_core, position):
        batch = _read(items)
        async with db.transaction() as tx:
            await store.look_there(tx)
            await put(tx, batch)
        since = since or batch[0].time
        position, events = items[-1].position, events + len(items)
        log.info("rebuilding.read", events=events, upto=batch[-1].time.isoformat())
        if len(items) < PAGE:
            break
    async with db.transaction() as tx:
        await store.carry_over(tx, since)
    async with db.transaction() as tx:
        await store.stop_writers(tx)
        last = await _catch_up(tx, trade_core, position)
        await store.carry_over_deliveries(tx)
        await store.change_places(tx)
    return Rebuilt(events + last.events, since or last.since)


async def _catch_up(tx: Tx, trade_core: Service, position: int) -> Rebuilt:
    """Read the log to its end of now: what comes after it nobody has applied yet."""
    await store.look_there(tx)
    since, events = None, 0
    while items := await _page(trade_core, position):
        batch = _read(items)
        await put(tx, batch)
        since = since or batch[0].time
        position, events = items[-1].position, events + len(items)
        if len(items) < PAGE:
            break
    return Rebuilt(events, since)


async def _page(trade_core: Service, after: int) -> Sequence[LoggedEvent]:
    """Asked for again while trade-core is busy. Raises what `Service.get` does in the end."""
    query = {"after": after, "limit": PAGE}
    for _ in range(TRIES - 1):
        try:
            return (await trade_core.get(EventLogPage, PATH, query)).items
        except Problem as problem:
            if not problem.retryable:
                raise
            log.info("rebuilding.waits", code=problem.code)
            await asyncio.sleep(REST_S)
    return (await trade_core.get(EventLogPage, PATH, query)).items


def _read(items: Sequence[LoggedEvent]) -> list[CloudEvent[OrderEvent]]:
    return [OrderEventRecord.model_validate(item.event) for item in items]
