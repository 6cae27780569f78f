"""Apps: register, change, rotate their callback secret."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog

from chassis.database import Tx
from chassis.problems import FieldError, Problem
from contracts.codes import Code
from contracts.events.configuration import ClientCertificate, State
from contracts.identifiers import new_id
from contracts.internal import CheckAddress
from contracts.sealing import seal
from contracts.webhooks import new_secret
from foundation.service_client import Nothing
from merchant_admin.domain import access_approvals, app_approvals
from merchant_admin.domain.approvals import Asked, AwaitsApproval
from merchant_admin.domain.audit import SYSTEM, Actor
from merchant_admin.domain.certificates import usable_until
from merchant_admin.domain.entities import App, AppTerms, Given, SealedCertificate, advanced
from merchant_admin.domain.errors import AlreadyMade, Unusable
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.seen import Seen
from merchant_admin.flows import app_access
from merchant_admin.flows.asking import ask_once, differing, require_alone
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import apps as store
from merchant_admin.store.merchants import list_four_eyes, list_names

log = structlog.get_logger()

CHECK_ADDRESS: Final = "/internal/callback-addresses/check"
OVERLAPS_AT_ONCE: Final = 100
"""Rows that one transaction of the clock locks."""


@dataclass(frozen=True, slots=True)
class ShownApp:
    """`webhook_secret` is set where it is new: this is the only time it is shown."""

    app: App
    webhook_secret: str | None


async def create(
    deps: Deps,
    actor: Actor,
    terms: AppTerms,
    *,
    certificate: ClientCertificate | None = None,
    app_id: str | None = None,
) -> ShownApp:
    """Register an app. `certificate`: what its server demands of its callers. `app_id`: the number
    that a form carries, so that sent twice it makes one.

    Raises Unusable for merchants that do not exist, for an address that callbacks may not go to
    and for a certificate that cannot be used, and AlreadyMade.
    """
    await _require_callable(deps, terms.notify_url)
    now = deps.clock()
    app_id, secret = app_id or new_id("app"), new_secret()
    app = App(
        app_id=app_id,
        terms=terms,
        webhook_secrets_sealed=(_sealed(deps, app_id, secret),),
        overlap_ends_at=None,
        state=State.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
        client_certificate=_sealed_certificate(deps, app_id, certificate),
    )
    async with deps.db.transaction() as tx:
        await _require_merchants(tx, terms.merchant_ids)
        if not await store.add_app(tx, app):
            raise AlreadyMade
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
    certificate: Given[ClientCertificate] | None = None,
    seen: Seen[App] | None = None,
) -> ShownApp:
    """Change these terms, the state, the secret, the client certificate.

    Raises NoSuch, Unusable as `create` does, ChangedSinceShown where what was `seen` is
    different by now, AwaitsApproval, with the secret that was made, where it waits for a second
    person, and AlreadyWaits while another secret, or another address, does.
    """
    await _require_callable(deps, terms.get("notify_url"))
    secret = new_secret() if rotate_secret else None
    now = deps.clock()
    async with deps.db.transaction() as tx:
        was = await store.get_app(tx, app_id, lock=True)
        if seen is not None:
            seen.require(was)
        wanted = replace(was, terms=replace(was.terms, **terms), state=state or was.state)
        await _require_merchants(tx, wanted.terms.merchant_ids)
        sealed_secret = secret and _sealed(deps, app_id, secret)
        waits = await _waits(tx, was, wanted, sealed_secret, now)
        if waits is not None:
            asked, waiting = waits
            beside = {
                "state": state if state is not was.state else None,
                "rotate_webhook_secret": secret,
                "callback_client_certificate": certificate,
            }
            given = {name for name, it in beside.items() if it is not None}
            require_alone(given | differing(was.terms, terms), waiting)
            approval = await ask_once(deps, tx, actor, asked)
        if certificate is not None:
            sealed = _sealed_certificate(deps, app_id, certificate.value)
            wanted = replace(wanted, client_certificate=sealed)
        if sealed_secret is not None:
            wanted = wanted.with_new_secret(sealed_secret, now)
        app = was if waits else await _save(tx, actor, was, advanced(was, wanted, now))
    if waits is not None:
        raise AwaitsApproval(approval, secret)
    deps.wake()
    return ShownApp(app, secret)


async def change_approved(deps: Deps, tx: Tx, actor: Actor, asked: Asked) -> bool:
    """What was asked for, in the transaction that approves it; whether that was still possible."""
    was = await store.get_app(tx, asked.subject, lock=True)
    if not asked.is_as_seen(app_approvals.seen_of(was)):
        return False
    wanted = app_approvals.changed(was, asked)
    await _require_merchants(tx, wanted.terms.merchant_ids)
    await _save(tx, actor, was, advanced(was, wanted, deps.clock()))
    return True


async def read(deps: Deps, app_id: str, scope: Scope) -> App:
    """As whoever has the scope may see it. Raises NoSuch, also for an app of merchants of which one
    is not in the scope."""
    async with deps.db.connection() as tx:
        app = await store.get_app(tx, app_id)
    for merchant_id in app.terms.merchant_ids:
        scope.require(merchant_id, "app")
    return app.shown_to(scope)


async def read_page(deps: Deps, asked: ListQuery, *, after: str | None, limit: int) -> list[App]:
    async with deps.db.connection() as tx:
        found = await store.list_apps(tx, asked, after=after, limit=limit)
    return [app.shown_to(asked.scope) for app in found]


async def read_names(deps: Deps, scope: Scope, app_ids: Collection[str]) -> dict[str, str]:
    """By id; an app that works for a merchant outside the scope has none."""
    async with deps.db.connection() as tx:
        return await store.list_names(tx, app_ids, scope)


async def read_ids(deps: Deps, scope: Scope) -> list[str]:
    """Of those that work for no merchant outside the scope."""
    async with deps.db.connection() as tx:
        return await store.list_app_ids(tx, scope)


async def read_ids_of(deps: Deps, merchant_id: str, scope: Scope) -> list[str]:
    """Of those that work for this merchant, and for no merchant outside the scope."""
    async with deps.db.connection() as tx:
        return await store.list_ids_of(tx, merchant_id, scope)


async def read_of_merchant(deps: Deps, merchant_id: str, scope: Scope, *, limit: int) -> list[App]:
    """Those that work for this merchant, and for no merchant outside the scope."""
    async with deps.db.connection() as tx:
        found = await store.list_apps_of(tx, merchant_id, scope, limit=limit)
    return [app.shown_to(scope) for app in found]


async def end_overlaps(deps: Deps) -> None:
    """Drop the older callback secret of apps whose overlap is over."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        for was in await store.list_overlapped_locked(tx, now, limit=OVERLAPS_AT_ONCE):
            app = advanced(was, was.without_old_secret(), now)
            await store.update_app(tx, app)
            await record_change(tx, SYSTEM, "overlap_ended", was=was, now=app)
    deps.wake()


async def _save(tx: Tx, actor: Actor, was: App, app: App) -> App:
    if app is not was:
        await store.update_app(tx, app)
        await record_change(tx, actor, "updated", was=was, now=app)
    return app


async def _waits(
    tx: Tx, was: App, wanted: App, sealed_secret: str | None, now: datetime
) -> tuple[Asked, set[str]] | None:
    """What has to wait for a second person, and the fields by which it is asked for."""
    moved = await _moved(tx, was, wanted)
    if moved:
        return app_approvals.asked_for(was, wanted, moved), set(app_approvals.FIELDS)
    is_enabled = wanted.state is State.ACTIVE and was.state is not State.ACTIVE
    if not (is_enabled or sealed_secret):
        return None
    if sealed_secret is None:
        asked, field = access_approvals.asked_for_app(was), "state"
    else:
        asked = access_approvals.asked_for_secret(was, sealed_secret)
        field = "rotate_webhook_secret"
    return (asked, {field}) if await app_access.waits(tx, asked, now) else None


async def _moved(tx: Tx, was: App, wanted: App) -> tuple[str, ...]:
    """The merchants whose results would go elsewhere, or for whom the app's keys would sign from
    now on, and who want a second person for that."""
    moved = app_approvals.moved_merchants(was, wanted)
    four_eyes = await list_four_eyes(tx, moved)
    return tuple(
        it
        for it in moved
        if it in four_eyes
        and (
            four_eyes[it].callback_addresses
            or (four_eyes[it].credentials and it not in was.terms.merchant_ids)
        )
    )


async def _require_callable(deps: Deps, notify_url: str | None) -> None:
    """Ask the notifier, which knows where callbacks may go. Raises Unusable.

    While it does not answer, the address is taken: it checks again whenever it calls.
    """
    if notify_url is None:
        return
    try:
        await deps.notifier.post(Nothing, CHECK_ADDRESS, body=CheckAddress(url=notify_url))
    except Problem as refusal:
        if refusal.code != Code.INVALID_REQUEST:
            log.warning("app.address_unchecked", reason=refusal.code)
            return
        faults = [FieldError("/notify_url", fault.message) for fault in refusal.errors]
        raise Unusable(*faults) from refusal


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


def _sealed_certificate(
    deps: Deps, app_id: str, given: ClientCertificate | None
) -> SealedCertificate | None:
    if given is None:
        return None
    until = usable_until(given, deps.clock())
    return SealedCertificate(_sealed(deps, app_id, given.model_dump_json()), until)
