"""Merchants: register, change, read."""

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.database import Tx
from contracts.events.configuration import AlertRoute, State
from contracts.identifiers import new_id
from contracts.sealing import seal
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import Given, Merchant, advanced
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import merchants as store


async def create(
    deps: Deps, actor: Actor, *, name: str, alert_route: AlertRoute | None = None
) -> Merchant:
    """Register a merchant; `alert_route`: by whom its own people hear of alerts."""
    async with deps.db.transaction() as tx:
        merchant_id = new_id("merchant")
        sealed = _sealed(deps, merchant_id, alert_route)
        merchant = await _add(tx, actor, merchant_id, name, sealed, deps.clock())
    deps.wake()
    return merchant


async def add(tx: Tx, actor: Actor, name: str, *, at: datetime) -> Merchant:
    """Register one; the caller wakes the relay after the commit."""
    return await _add(tx, actor, new_id("merchant"), name, None, at)


async def _add(
    tx: Tx, actor: Actor, merchant_id: str, name: str, alert_route_sealed: str | None, at: datetime
) -> Merchant:
    merchant = Merchant(
        merchant_id=merchant_id,
        name=name,
        state=State.ACTIVE,
        version=1,
        created_at=at,
        updated_at=at,
        alert_route_sealed=alert_route_sealed,
    )
    await store.add_merchant(tx, merchant)
    await record_change(tx, actor, "created", was=None, now=merchant)
    return merchant


async def change(
    deps: Deps,
    actor: Actor,
    merchant_id: str,
    changes: Mapping[str, Any],
    *,
    alert_route: Given[AlertRoute] | None = None,
) -> Merchant:
    """Change these fields; where nothing differs nothing is written. Raises NoSuch."""
    if alert_route is not None:
        sealed = _sealed(deps, merchant_id, alert_route.value)
        changes = {**changes, "alert_route_sealed": sealed}
    async with deps.db.transaction() as tx:
        was = await store.get_merchant(tx, merchant_id, lock=True)
        merchant = advanced(was, replace(was, **changes), deps.clock())
        if merchant is not was:
            await store.update_merchant(tx, merchant)
            await record_change(tx, actor, "updated", was=was, now=merchant)
    deps.wake()
    return merchant


async def read(deps: Deps, merchant_id: str, scope: Scope) -> Merchant:
    """Raises NoSuch."""
    scope.require(merchant_id, "merchant")
    async with deps.db.connection() as tx:
        return await store.get_merchant(tx, merchant_id)


async def read_names(deps: Deps, merchant_ids: Set[str]) -> dict[str, str]:
    """The names of those that exist."""
    async with deps.db.connection() as tx:
        return await store.list_names(tx, sorted(merchant_ids))


async def read_page(deps: Deps, scope: Scope, *, after: str | None, limit: int) -> list[Merchant]:
    async with deps.db.connection() as tx:
        return await store.list_merchants(tx, scope, after=after, limit=limit)


def _sealed(deps: Deps, merchant_id: str, route: AlertRoute | None) -> str | None:
    if route is None:
        return None
    return seal(deps.sealing.notifier, route.model_dump_json(), context=merchant_id)
