"""Merchants: register, change, read."""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from contracts.events.configuration import State
from contracts.identifiers import new_id
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import Merchant, advanced
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import merchants as store


async def create(deps: Deps, actor: Actor, *, name: str) -> Merchant:
    now = deps.clock()
    merchant = Merchant(
        merchant_id=new_id("merchant"),
        name=name,
        state=State.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )
    async with deps.db.transaction() as tx:
        await store.add_merchant(tx, merchant)
        await record_change(tx, actor, "created", was=None, now=merchant)
    deps.wake()
    return merchant


async def change(
    deps: Deps, actor: Actor, merchant_id: str, changes: Mapping[str, Any]
) -> Merchant:
    """Change these fields; where nothing differs nothing is written. Raises NoSuch."""
    async with deps.db.transaction() as tx:
        was = await store.get_merchant(tx, merchant_id, lock=True)
        merchant = advanced(was, replace(was, **changes), deps.clock())
        if merchant is not was:
            await store.update_merchant(tx, merchant)
            await record_change(tx, actor, "updated", was=was, now=merchant)
    deps.wake()
    return merchant


async def read(deps: Deps, merchant_id: str) -> Merchant:
    async with deps.db.connection() as tx:
        return await store.get_merchant(tx, merchant_id)


async def read_names(deps: Deps, merchant_ids: Set[str]) -> dict[str, str]:
    """The names of those that exist."""
    async with deps.db.connection() as tx:
        return await store.list_names(tx, sorted(merchant_ids))


async def read_page(deps: Deps, *, after: str | None, limit: int) -> list[Merchant]:
    async with deps.db.connection() as tx:
        return await store.list_merchants(tx, after=after, limit=limit)
