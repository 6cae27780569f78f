"""All configuration, published again: a broker that lost it, or never had it, knows it then."""

import structlog

from merchant_admin.flows.configured import BATCH, KINDS, ListLocked
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import entity_id, publish

log = structlog.get_logger()


async def republish_all(deps: Deps) -> None:
    """Put every entity into the outbox in its present version, which readers may know already."""
    count = 0
    for list_locked in KINDS:
        count += await _republish(deps, list_locked)
    deps.wake()
    log.info("configuration.republished", entities=count)


async def _republish(deps: Deps, list_locked: ListLocked) -> int:
    count, after = 0, ""
    while True:
        async with deps.db.transaction() as tx:
            entities = [item.entity() for item in await list_locked(tx, after=after, limit=BATCH)]
            await publish(tx, entities, deps.clock())
        count += len(entities)
        if len(entities) < BATCH:
            return count
        after = entity_id(entities[-1])
