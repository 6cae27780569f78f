"""Apps: register, change, rotate their callback secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chassis.database import Tx
from chassis.problems import FieldError
from contracts.events.configuration import State
from contracts.identifiers import new_id
from contracts.sealing import seal
from contracts.webhooks import new_secret
from merchant_admin.domain.audit import SYSTEM, Actor
from merchant_admin.domain.entities import App, AppTerms, advanced
from merchant_admin.domain.errors import Unusable
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import apps as store
from merchant_admin.store.merchants import list_names

OVERLAPS_AT_ONCE: Final = 100
"""Rows that one transaction of the clock locks."""


@dataclass(frozen=True, slots=True)
class ShownApp:
    """`webhook_secret` is set where it is new: this is the only time it is shown."""

    app: App
    webhook_secret: str | None


async def create(deps: Deps, actor: Actor, terms: AppTerms) -> ShownApp:
    """Register an app. Raises Unusable for merchants that do not exist."""
    now = deps.clock()
    app_id, secret = new_id("app"), new_secret()
    app = App(
        app_id=app_id,
        terms=terms,
        webhook_secrets_sealed=(_sealed(deps, app_id, secret),),
        overlap_ends_at=None,
        state=State.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )
    async with deps.db.transaction() as tx:
        await _require_merchants(tx, terms.merchant_ids)
        await store.add_app(tx, app)
        await record_change(tx, actor, "created", was=None, now=app)
    deps.wake()
    return ShownApp(app, secret)


async def change(
    deps: Deps,
    actor: Actor,
    app_id: str,
    *,
    terms: Mapping[str, Any],
    state: State | None,
    rotate_secret: bool,
) -> ShownApp:
    """Change these terms, the state, the secret. Raises NoSuch, Unusable as `create` does."""
    secret = new_secret() if rotate_secret else None
    now = deps.clock()
    async with deps.db.transaction() as tx:
        was = await store.get_app(tx, app_id, lock=True)
        wanted = replace(was, terms=replace(was.terms, **terms), state=state or was.state)
        await _require_merchants(tx, wanted.terms.merchant_ids)
        if secret is not None:
            wanted = wanted.with_new_secret(_sealed(deps, app_id, secret), now)
        app = advanced(was, wanted, now)
        if app is not was:
            await store.update_app(tx, app)
            await record_change(tx, actor, "updated", was=was, now=app)
    deps.wake()
    return ShownApp(app, secret)


async def read(deps: Deps, app_id: str) -> App:
    async with deps.db.connection() as tx:
        return await store.get_app(tx, app_id)


async def read_page(deps: Deps, *, after: str | None, limit: int) -> list[App]:
    async with deps.db.connection() as tx:
        return await store.list_apps(tx, after=after, limit=limit)


async def end_overlaps(deps: Deps) -> None:
    """Drop the older callback secret of apps whose overlap is over."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        for was in await store.list_overlapped_locked(tx, now, limit=OVERLAPS_AT_ONCE):
            app = advanced(was, was.without_old_secret(), now)
            await store.update_app(tx, app)
            await record_change(tx, SYSTEM, "overlap_ended", was=was, now=app)
    deps.wake()


async def _require_merchants(tx: Tx, merchant_ids: Sequence[str]) -> None:
    known = await list_names(tx, merchant_ids)
    errors = [
        FieldError(f"/merchant_ids/{index}", "is not a merchant of this centre")
        for index, merchant_id in enumerate(merchant_ids)
        if merchant_id not in known
    ]
    if errors:
        raise Unusable(*errors)


def _sealed(deps: Deps, app_id: str, secret: str) -> str:
    return seal(deps.sealing.notifier, secret, context=app_id)
