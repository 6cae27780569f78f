"""Channel accounts: registered, changed and read; their credentials are prepared before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.database import Tx
from chassis.problems import FieldError
from merchant_admin.domain import account_approvals
from merchant_admin.domain.account_approvals import CredentialsChange
from merchant_admin.domain.approvals import Asked, AwaitsApproval
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import ChannelAccount, advanced
from merchant_admin.domain.errors import NoSuch, SameAccount, Unusable
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import EVERYTHING, Scope
from merchant_admin.domain.seen import Seen
from merchant_admin.flows import preparing
from merchant_admin.flows.asking import ask, differing, require_alone
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.preparing import Credentials, Prepared
from merchant_admin.flows.recording import record_change
from merchant_admin.store import account_details
from merchant_admin.store import approvals as approvals_store
from merchant_admin.store import channel_accounts as store
from merchant_admin.store.account_details import NOTHING, AccountDetails
from merchant_admin.store.merchants import get_merchant


async def create(
    deps: Deps,
    actor: Actor,
    merchant_id: str,
    *,
    channel: str,
    name: str,
    credentials: Credentials,
    account_id: str | None = None,
    is_once: bool = False,
) -> ChannelAccount:
    """Register an account. `account_id`: the number that a form carries. `is_once`: not beside an
    active one of the same identity, as people do by mistake.

    Raises SameAccount, NoSuch for the merchant, NoSuchChannel, Forwarded (422 with
    pointers) for credentials that the channel's plugin cannot use, AwaitsApproval where the
    merchant's credentials wait for a second person.
    """
    async with deps.db.connection() as tx:
        await get_merchant(tx, merchant_id)
    prepared = await preparing.prepare(
        deps, channel=channel, credentials=credentials, account_id=account_id
    )
    account = prepared.account(merchant_id, name)
    async with deps.db.transaction() as tx:
        waits = (await get_merchant(tx, merchant_id, lock=is_once)).four_eyes.credentials
        if is_once:
            await _require_first(tx, account, deps.clock())
        if waits:
            asked = account_approvals.asked_for_new(account, prepared.shown)
            approval = await ask(deps, tx, actor, asked)
        else:
            await _add(tx, actor, account, prepared.shown)
    if waits:
        raise AwaitsApproval(approval)
    deps.wake()
    return account


async def _require_first(tx: Tx, account: ChannelAccount, now: datetime) -> None:
    """Raises SameAccount for one that is registered or waits, AwaitsApproval for the same form."""
    there = await store.find_same(tx, account)
    if there is not None:
        raise SameAccount(there.account_id, there.name)
    waits = await approvals_store.find_new_account(tx, account, now)
    if waits is not None:
        if waits.asked.subject == account.account_id:
            raise AwaitsApproval(waits)
        raise SameAccount(waits.asked.subject, waits.asked.shown["name"], is_waiting=True)


async def add(
    tx: Tx, actor: Actor, prepared: Prepared, *, merchant_id: str, name: str
) -> ChannelAccount:
    """Register it with others; the caller wakes the relay after the commit. Raises Unusable where
    it would have to wait for a second person, which it does by itself only."""
    if (await get_merchant(tx, merchant_id)).four_eyes.credentials:
        raise Unusable(
            FieldError(
                "/credentials",
                "wait for a second person: register it by itself",
                "该商户的密钥变更须复核，请单独登记",
            )
        )
    account = prepared.account(merchant_id, name)
    await _add(tx, actor, account, prepared.shown)
    return account


async def change(
    deps: Deps,
    actor: Actor,
    merchant_id: str,
    account_id: str,
    changes: Mapping[str, Any],
    *,
    credentials: Credentials | None,
    withdraw_earlier: bool = False,
    seen: Seen[ChannelAccount] | None = None,
) -> ChannelAccount:
    """Change these fields and, if given, all credentials. `withdraw_earlier`: what came before is
    believed no more. Raises as `create` does, for credentials of another identity, and
    ChangedSinceShown where what was `seen` is different by now."""
    new = None
    if credentials is not None:
        account = await read(deps, merchant_id, account_id, EVERYTHING)
        new = await preparing.prepare_for(deps, account, credentials)
    change = CredentialsChange(new, withdraw_earlier)
    async with deps.db.transaction() as tx:
        was = await store.get_account(tx, merchant_id, account_id, lock=True)
        if seen is not None:
            seen.require(was)
        waits = (await get_merchant(tx, merchant_id)).four_eyes.credentials and change.is_any
        if waits:
            require_alone(differing(was, changes), set())
            known = (await account_details.list_details(tx, [account_id])).get(account_id, NOTHING)
            asked = account_approvals.asked_for_change(was, known.shown, change)
            approval = await ask(deps, tx, actor, asked)
        else:
            wanted = change.made(replace(was, **changes), deps.clock())
            account = await _save(deps, tx, actor, was, wanted, change)
    if waits:
        raise AwaitsApproval(approval)
    deps.wake()
    return account


async def change_approved(deps: Deps, tx: Tx, actor: Actor, asked: Asked) -> bool:
    """What was asked for, in the transaction that approves it; whether that was still possible."""
    now = deps.clock()
    if account_approvals.is_new(asked):
        account = account_approvals.new_account(asked, now)
        if await store.find_account(tx, account.account_id):
            return False
        await _add(tx, actor, account, asked.request["facts"])
        return True
    [merchant_id] = asked.merchant_ids
    was = await store.get_account(tx, merchant_id, asked.subject, lock=True)
    if not asked.is_as_seen(account_approvals.seen_of(was)):
        return False
    change = account_approvals.change_of(asked)
    await _save(deps, tx, actor, was, change.made(was, now), change)
    return True


async def read(deps: Deps, merchant_id: str, account_id: str, scope: Scope) -> ChannelAccount:
    """Raises NoSuch."""
    scope.require(merchant_id, "merchant")
    async with deps.db.connection() as tx:
        return await store.get_account(tx, merchant_id, account_id)


async def find(deps: Deps, account_id: str, scope: Scope) -> ChannelAccount:
    """By its id alone. Raises NoSuch."""
    async with deps.db.connection() as tx:
        account = await store.find_account(tx, account_id)
    if account is None:
        raise NoSuch("channel account")
    scope.require(account.merchant_id, "channel account")
    return account


async def read_details(deps: Deps, account_id: str) -> AccountDetails:
    """What may be seen of credentials that somebody may see."""
    async with deps.db.connection() as tx:
        found = await account_details.list_details(tx, [account_id])
    return found.get(account_id, NOTHING)


async def read_page(
    deps: Deps, merchant_id: str, scope: Scope, *, after: str | None, limit: int
) -> list[ChannelAccount]:
    """Raises NoSuch for a merchant that does not exist."""
    scope.require(merchant_id, "merchant")
    async with deps.db.connection() as tx:
        await get_merchant(tx, merchant_id)
        return await store.list_accounts(tx, merchant_id, after=after, limit=limit)


async def read_all(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[ChannelAccount]:
    """Those of all merchants of the scope."""
    async with deps.db.connection() as tx:
        return await store.list_all_accounts(tx, asked, after=after, limit=limit)


async def read_of(deps: Deps, merchant_ids: Sequence[str], *, limit: int) -> list[ChannelAccount]:
    """Those of merchants of which somebody may see all."""
    asked = ListQuery(Scope(frozenset(merchant_ids)))
    return await read_all(deps, asked, after=None, limit=limit)


async def read_named(
    deps: Deps, scope: Scope, account_ids: Collection[str]
) -> dict[str, ChannelAccount]:
    """By id, those of them that are within the scope."""
    async with deps.db.connection() as tx:
        found = await store.list_named_accounts(tx, account_ids, scope)
    return {account.account_id: account for account in found}


async def _add(tx: Tx, actor: Actor, account: ChannelAccount, shown: Mapping[str, Any]) -> None:
    await store.add_account(tx, account)
    await account_details.put_shown(tx, account.account_id, shown)
    await record_change(tx, actor, "created", was=None, now=account)


async def _save(
    deps: Deps,
    tx: Tx,
    actor: Actor,
    was: ChannelAccount,
    wanted: ChannelAccount,
    change: CredentialsChange,
) -> ChannelAccount:
    if change.new is not None:
        await account_details.put_shown(tx, was.account_id, change.new.shown)
    account = advanced(was, wanted, deps.clock())
    if account is not was:
        await store.update_account(tx, account)
        await record_change(tx, actor, "updated", was=was, now=account)
    return account
