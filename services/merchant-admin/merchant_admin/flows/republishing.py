"""All configuration, published again: a broker that lost it, or never had it, knows it then."""

from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from chassis.database import Tx
from merchant_admin.domain.entities import Configured
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import entity_id, publish
from merchant_admin.store.apps import list_apps_locked
from merchant_admin.store.channel_accounts import list_accounts_locked
from merchant_admin.store.counter_codes import list_codes_locked
from merchant_admin.store.keys import list_keys_locked
from merchant_admin.store.merchants import list_merchants_locked

log = structlog.get_logger()


class ListLocked(Protocol):
    """Entities behind an id, in the order of their ids, locked until the transaction ends."""

    async def __call__(self, tx: Tx, *, after: str, limit: int) -> Sequence[Configured]: ...


BATCH: Final = 500
"""Entities per transaction: locks are held for a moment only."""


async def republish_all(deps: Deps) -> None:
    """Put every entity into the outbox in its present version, which readers may know already."""
    count = 0
    for list_locked in (
        list_merchants_locked, list_accounts_locked, list_apps_locked, list_keys_locked,
        list_codes_locked,
    ):  # fmt: skip
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
