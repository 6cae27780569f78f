"""Channel accounts: credentials are judged by the gateway, sealed to it, and never read back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import JsonValue
from pydantic_core import to_json

from chassis.problems import FieldError, Forwarded
from contracts.codes import Code
from contracts.events.configuration import State
from contracts.identifiers import new_id
from contracts.internal import ChannelDescription, ChannelList
from contracts.sealing import seal
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import ChannelAccount, advanced
from merchant_admin.domain.errors import Unusable
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import channel_accounts as store
from merchant_admin.store.merchants import get_merchant

Credentials = Mapping[str, JsonValue]


async def create(
    deps: Deps,
    actor: Actor,
    merchant_id: str,
    *,
    channel: str,
    name: str,
    credentials: Credentials,
) -> ChannelAccount:
    """Register an account.

    Raises NoSuch for the merchant, Unusable for the channel, Forwarded (422 with pointers) for
    credentials that the channel's plugin cannot use.
    """
    async with deps.db.connection() as tx:
        await get_merchant(tx, merchant_id)
    await _check(deps, channel, credentials)
    now = deps.clock()
    payment_id = new_id("channel_account")
    account = ChannelAccount(
        payment_id=payment_id,
        merchant_id=merchant_id,
        channel=channel,
        name=name,
        credentials_sealed=_sealed(deps, payment_id, credentials),
        credentials_changed_at=now,
        state=State.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )
    async with deps.db.transaction() as tx:
        await store.add_account(tx, account)
        await record_change(tx, actor, "created", was=None, now=account)
    deps.wake()
    return account


async def change(
    deps: Deps,
    actor: Actor,
    merchant_id: str,
    payment_id: str,
    changes: Mapping[str, Any],
    *,
    credentials: Credentials | None,
) -> ChannelAccount:
    """Change these fields and, if given, all credentials. Raises as `create` does."""
    if credentials is not None:
        changes = {**changes, **await _new_credentials(deps, merchant_id, payment_id, credentials)}
    async with deps.db.transaction() as tx:
        was = await store.get_account(tx, merchant_id, payment_id, lock=True)
        account = advanced(was, replace(was, **changes), deps.clock())
        if account is not was:
            await store.update_account(tx, account)
            await record_change(tx, actor, "updated", was=was, now=account)
    deps.wake()
    return account


async def read(deps: Deps, merchant_id: str, payment_id: str) -> ChannelAccount:
    async with deps.db.connection() as tx:
        return await store.get_account(tx, merchant_id, payment_id)


async def read_page(
    deps: Deps, merchant_id: str, *, after: str | None, limit: int
) -> list[ChannelAccount]:
    """Raises NoSuch for a merchant that does not exist."""
    async with deps.db.connection() as tx:
        await get_merchant(tx, merchant_id)
        return await store.list_accounts(tx, merchant_id, after=after, limit=limit)


async def read_channels(deps: Deps) -> list[ChannelDescription]:
    """The channels that the gateway has plugins for, with the schemas of their credentials."""
    answer = await deps.gateway.call("GET", "/internal/channels")
    return ChannelList.model_validate(answer).items


async def _new_credentials(
    deps: Deps, merchant_id: str, payment_id: str, credentials: Credentials
) -> dict[str, Any]:
    account = await read(deps, merchant_id, payment_id)
    await _check(deps, account.channel, credentials)
    return {
        "credentials_sealed": _sealed(deps, payment_id, credentials),
        "credentials_changed_at": deps.clock(),
    }


async def _check(deps: Deps, channel: str, credentials: Credentials) -> None:
    path = f"/internal/channels/{channel}/credentials"
    try:
        await deps.gateway.call("POST", path, json={"credentials": credentials})
    except Forwarded as problem:
        if problem.code == Code.NOT_FOUND:
            raise Unusable(FieldError("/channel", "is not a channel of this centre")) from problem
        raise


def _sealed(deps: Deps, payment_id: str, credentials: Credentials) -> str:
    return seal(deps.sealing.gateway, to_json(credentials).decode(), context=payment_id)
