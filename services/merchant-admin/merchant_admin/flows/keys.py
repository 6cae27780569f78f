"""Keys of apps: whitelist, disable, delete."""

from dataclasses import dataclass, replace

from contracts.events.configuration import KeyAlgorithm, State
from contracts.identifiers import new_id
from contracts.sealing import seal
from merchant_admin.domain import access_approvals
from merchant_admin.domain.approvals import AwaitsApproval
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import Key, advanced
from merchant_admin.domain.errors import AlreadyMade
from merchant_admin.domain.keys import checked_pem, new_secret
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import app_access, apps
from merchant_admin.flows.asking import ask, ask_once
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import keys as store
from merchant_admin.store.apps import get_app


@dataclass(frozen=True, slots=True)
class ShownKey:
    """`secret` is set for HMAC-SHA256: this is the only time it is shown."""

    key: Key
    secret: str | None


async def create(
    deps: Deps,
    actor: Actor,
    app_id: str,
    *,
    alg: KeyAlgorithm,
    public_key: str | None,
    certificate: str | None,
    key_id: str | None = None,
) -> ShownKey:
    """Whitelist a key. `key_id`: the number that a form carries, so that sent twice it makes one.

    Raises NoSuch for the app, Unusable for the key, AlreadyMade, and AwaitsApproval where a
    merchant of the app wants a second person for that: until then the key is disabled.
    """
    now = deps.clock()
    pem = checked_pem(alg, public_key=public_key, certificate=certificate, now=now)
    secret = new_secret() if pem is None else None
    key_id = key_id or new_id("key")
    key = Key(
        key_id=key_id,
        app_id=app_id,
        alg=alg,
        public_key_pem=pem,
        secret_sealed=secret and seal(deps.sealing.gateway, secret, context=key_id),
        deleted_at=None,
        state=State.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )
    async with deps.db.transaction() as tx:
        app = await get_app(tx, app_id, lock=True)
        asked = access_approvals.asked_for_key(app, key, is_new=True)
        waits = await app_access.waits(tx, asked, now)
        if waits:
            key = replace(key, state=State.DISABLED)
        if not await store.add_key(tx, key):
            raise AlreadyMade
        if waits:
            approval = await ask(deps, tx, actor, asked)
        await record_change(tx, actor, "created", was=None, now=key)
    deps.wake()
    if waits:
        raise AwaitsApproval(approval, secret)
    return ShownKey(key, secret)


async def change(deps: Deps, actor: Actor, app_id: str, key_id: str, *, state: State | None) -> Key:
    """Raises NoSuch, and AwaitsApproval where it comes back into use and that waits for a second
    person, once for all who ask."""
    async with deps.db.transaction() as tx:
        app = await get_app(tx, app_id, lock=True)
        was = await store.get_key(tx, app_id, key_id, lock=True)
        key = advanced(was, replace(was, state=state or was.state), deps.clock())
        is_enabled = key is not was and key.state is State.ACTIVE
        asked = access_approvals.asked_for_key(app, was, is_new=False)
        waits = is_enabled and await app_access.waits(tx, asked, deps.clock())
        if waits:
            approval = await ask_once(deps, tx, actor, asked)
        elif key is not was:
            await store.update_key(tx, key)
            await record_change(tx, actor, "updated", was=was, now=key)
    if waits:
        raise AwaitsApproval(approval)
    deps.wake()
    return key


async def delete(deps: Deps, actor: Actor, app_id: str, key_id: str) -> None:
    """Disable it for ever. Raises NoSuch, also the second time."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        was = await store.get_key(tx, app_id, key_id, lock=True)
        key = advanced(was, was.deleted(now), now)
        await store.update_key(tx, key)
        await record_change(tx, actor, "deleted", was=was, now=key)
    deps.wake()


async def read(deps: Deps, app_id: str, key_id: str, scope: Scope) -> Key:
    """Raises NoSuch."""
    await apps.read(deps, app_id, scope)
    async with deps.db.connection() as tx:
        return await store.get_key(tx, app_id, key_id)


async def read_page(
    deps: Deps, app_id: str, scope: Scope, *, after: str | None, limit: int
) -> list[Key]:
    """Raises NoSuch for an app that does not exist."""
    await apps.read(deps, app_id, scope)
    async with deps.db.connection() as tx:
        return await store.list_keys(tx, app_id, after=after, limit=limit)
