"""Merchants: register, change, read."""

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.database import Tx
from contracts.events.configuration import AlertRoute, State
from contracts.identifiers import new_id
from contracts.sealing import seal
from merchant_admin.domain.approvals import ApprovalKind, Asked, AwaitsApproval
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import Given, Merchant, advanced
from merchant_admin.domain.errors import MadeOtherwise
from merchant_admin.domain.four_eyes import FourEyes
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.seen import Seen
from merchant_admin.flows.asking import ask, differing, require_alone
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action, record_change
from merchant_admin.store import merchants as store


async def create(
    deps: Deps,
    actor: Actor,
    *,
    name: str,
    alert_route: AlertRoute | None = None,
    merchant_id: str | None = None,
) -> Merchant:
    """Register a merchant; `alert_route`: by whom its own people hear of alerts. `merchant_id`:
    the number that a form carries, so that sent twice it makes one. Raises MadeOtherwise."""
    merchant_id = merchant_id or new_id("merchant")
    async with deps.db.transaction() as tx:
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
    if not await store.add_merchant(tx, merchant):
        there = await store.get_merchant(tx, merchant_id)
        if there.name != name:
            raise MadeOtherwise
        return there
    await record_change(tx, actor, "created", was=None, now=merchant)
    return merchant


async def change(
    deps: Deps,
    actor: Actor,
    merchant_id: str,
    changes: Mapping[str, Any],
    *,
    alert_route: Given[AlertRoute] | None = None,
    seen: Seen[Merchant] | None = None,
) -> Merchant:
    """Change these fields; where nothing differs nothing is written. `four_eyes`: by name those
    of its settings that change.

    Raises NoSuch, ChangedSinceShown where what was `seen` is different by now, and
    AwaitsApproval where less would wait for a second person than does now.
    """
    if alert_route is not None:
        sealed = _sealed(deps, merchant_id, alert_route.value)
        changes = {**changes, "alert_route_sealed": sealed}
    async with deps.db.transaction() as tx:
        was = await store.get_merchant(tx, merchant_id, lock=True)
        if seen is not None:
            seen.require(was)
        four_eyes = replace(was.four_eyes, **changes.get("four_eyes", {}))
        waits = four_eyes.is_weaker_than(was.four_eyes)
        if waits:
            require_alone(differing(was, changes), {"four_eyes"})
            approval = await ask(deps, tx, actor, _weakened(was, four_eyes))
        else:
            merchant = await _save(deps, tx, actor, was, {**changes, "four_eyes": four_eyes})
    if waits:
        raise AwaitsApproval(approval)
    deps.wake()
    return merchant


async def change_approved(deps: Deps, tx: Tx, actor: Actor, asked: Asked) -> bool:
    """What was asked for, in the transaction that approves it; whether that was still possible."""
    was = await store.get_merchant(tx, asked.subject, lock=True)
    if was.four_eyes.recorded() != asked.seen:
        return False
    await _save(deps, tx, actor, was, {"four_eyes": FourEyes(**asked.request)})
    return True


async def read(deps: Deps, merchant_id: str, scope: Scope) -> Merchant:
    """Raises NoSuch."""
    scope.require(merchant_id, "merchant")
    async with deps.db.connection() as tx:
        return await store.get_merchant(tx, merchant_id)


async def read_names(deps: Deps, merchant_ids: Set[str]) -> dict[str, str]:
    """The names of those that exist."""
    async with deps.db.connection() as tx:
        return await store.list_names(tx, sorted(merchant_ids))


async def read_newest_names(deps: Deps, scope: Scope, limit: int) -> dict[str, str]:
    """By id, the newest first."""
    async with deps.db.connection() as tx:
        return await store.list_newest_names(tx, scope, limit)


async def read_page(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[Merchant]:
    async with deps.db.connection() as tx:
        return await store.list_merchants(tx, asked, after=after, limit=limit)


async def _save(
    deps: Deps, tx: Tx, actor: Actor, was: Merchant, changes: Mapping[str, Any]
) -> Merchant:
    merchant = advanced(was, replace(was, **changes), deps.clock())
    if merchant is was:
        return was
    await store.update_merchant(tx, merchant)
    await record_change(tx, actor, "updated", was=was, now=merchant)
    if merchant.four_eyes != was.four_eyes:
        await record_action(
            tx, actor, "merchant.four_eyes_changed", at=merchant.updated_at,
            entity_id=was.merchant_id, before=was.four_eyes.recorded(),
            after=merchant.four_eyes.recorded(),
        )  # fmt: skip
    return merchant


def _weakened(was: Merchant, four_eyes: FourEyes) -> Asked:
    return Asked(
        kind=ApprovalKind.FOUR_EYES,
        merchant_ids=(was.merchant_id,),
        subject=was.merchant_id,
        request=four_eyes.recorded(),
        shown={"before": was.four_eyes.recorded(), "after": four_eyes.recorded()},
        seen=was.four_eyes.recorded(),
    )


def _sealed(deps: Deps, merchant_id: str, route: AlertRoute | None) -> str | None:
    if route is None:
        return None
    return seal(deps.sealing.notifier, route.model_dump_json(), context=merchant_id)
