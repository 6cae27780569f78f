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

ARCHIVED: Final = Counter("paymesh_orders_archived", "Orders moved to the archive")


async def archive_orders(deps: Deps, keep: timedelta, after: str) -> str | None:
    """Move the next batch of those that were opened so long ago and are over; answers behind which
    order to go on, None at the end. In one transaction; two replicas never take the same."""
    before = earliest("order", deps.clock() - keep)
    async with deps.db.transaction() as tx:
        over = await archive.list_over(tx, after=after, before=before, limit=BATCH)
        for month, order_ids in groupby(over, archive.month_of):
            await archive.put_away(tx, month, list(order_ids))
    if not over:
        return None
    ARCHIVED.inc(len(over))
    log.info("orders.archived", count=len(over), upto=over[-1])
    return over[-1]
