"""Orders that were over long ago leave the tables in use for those of their month."""

from datetime import timedelta
from itertools import groupby
from typing import Final

import structlog
from prometheus_client import Counter

from contracts.identifiers import earliest
from trade_core.flows.deps import Deps
from trade_core.store import archive

log = structlog.get_logger()

BATCH: Final = 100
"""Some 50 ms, for which whoever comes for one of these orders waits."""

LISTED_FOR: Final = timedelta(minutes=10)
"""No statement lasts so long."""

ARCHIVED: Final = Counter("paymesh_orders_archived", "Orders moved to the archive")


async def archive_orders(
    deps: Deps, keep: timedelta, after: str, *, listed_for: timedelta = LISTED_FOR
) -> str | None:
    """Attend to the next batch of those that were opened so long ago and are over; answers behind
    which order to go on, None at the end. A first pass lists their numbers, a later one moves them:
    each in a transaction of its own; two replicas never take the same."""
    before = earliest("order", deps.clock() - keep)
    async with deps.db.transaction() as tx:
        over = await archive.list_over(tx, after=after, before=before, limit=BATCH)
    if not over:
        return None
    async with deps.db.transaction() as tx:
        moving = await archive.lock_listed(tx, over, listed_for)
        for month, order_ids in groupby(moving, archive.month_of):
            await archive.put_away(tx, month, list(order_ids))
    if moving:
        ARCHIVED.inc(len(moving))
        log.info("orders.archived", count=len(moving), upto=moving[-1])
    return over[-1]
