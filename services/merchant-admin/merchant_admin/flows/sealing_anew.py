"""Everything sealed to an older key of a service is sealed to its newest, so that the old one can
be withdrawn: what is configured, and credentials and secrets that wait for a second person.

Only the service can open it: it is asked for each entity, outside of any transaction, and what
changed meanwhile is not overwritten. Imports that were checked and not applied are forgotten.
What waits comes before what is in use, because that is where it goes when somebody agrees.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chassis.database import Database, Tx
from contracts.internal import SealAnew, SealedAnew
from contracts.sealing import is_sealed_to
from foundation.service_client import Service
from merchant_admin.domain import access_approvals, account_approvals
from merchant_admin.domain.approvals import ApprovalKind
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import App, ChannelAccount, Key, Merchant, SecretHolder
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.sealed_texts import sealed_texts, texts_of_import, with_texts
from merchant_admin.flows.configured import update
from merchant_admin.flows.deps import SealingKeys
from merchant_admin.flows.recording import entity_id, record_action, record_change
from merchant_admin.store import approvals, apps, channel_accounts, imports, keys, merchants

PAGE: Final = 100

IMPORTS_AT_ONCE: Final = 5
"""Each is as large as the file that was checked."""

MOST_PASSES: Final = 5
"""After them something goes on sealing to an older key, and would for ever."""

ListPage = Callable[..., Awaitable[Sequence[SecretHolder]]]


@dataclass(frozen=True, slots=True)
class Sealer:
    """What it takes; `sealing` names the newest keys of the two services that open."""

    db: Database
    clock: Callable[[], datetime]
    gateway: Service
    notifier: Service
    sealing: SealingKeys


@dataclass(slots=True)
class SealedCount:
    """`lost`: ids of the entities whose text, in use or waiting, no key of its service opens.
    `found`: how many others the last pass found sealed to an older key."""

    entities: int = 0
    texts: int = 0
    lost: list[str] = field(default_factory=list)
    found: int = 0

    @property
    def is_whole(self) -> bool:
        """Nothing needs an older key any more."""
        return not self.lost and not self.found


async def seal_all_anew(sealer: Sealer, actor: Actor) -> SealedCount:
    """Safe to repeat: what is sealed to the newest key already stays as it is. It goes over
    everything until it finds nothing more, because people go on working meanwhile.

    Raises Forwarded where a service and we do not agree on the key, Overloaded where it does not
    answer; what was sealed until then stays sealed anew.
    """
    count = SealedCount()
    for _ in range(MOST_PASSES):
        count.found, count.lost = 0, []
        await _pass_over(sealer, actor, count)
        if not count.found:
            break
    async with sealer.db.transaction() as tx:
        after = {"entities": count.entities, "texts": count.texts, "lost": count.lost}
        await record_action(
            tx, actor, "secrets.sealed_anew", at=sealer.clock(), entity_id="", after=after
        )
    return count


async def _pass_over(sealer: Sealer, actor: Actor, count: SealedCount) -> None:
    notifier, gateway = sealer.sealing.notifier, sealer.sealing.gateway
    await _forget_imports(sealer, gateway, count)
    await _seal_waiting(sealer, ApprovalKind.CREDENTIALS, gateway, count)
    await _seal_waiting(sealer, ApprovalKind.APP_ACCESS, notifier, count)
    await _seal_kind(sealer, actor, merchants.list_merchants_locked, notifier, count)
    await _seal_kind(sealer, actor, apps.list_apps_locked, notifier, count)
    await _seal_kind(sealer, actor, channel_accounts.list_accounts_locked, gateway, count)
    await _seal_kind(sealer, actor, keys.list_keys_locked, gateway, count)


async def _forget_imports(sealer: Sealer, public_key: str, count: SealedCount) -> None:
    """Those with credentials that are sealed to another key."""
    after, has_more = "", True
    while has_more:
        async with sealer.db.transaction() as tx:
            page = await imports.list_unapplied(tx, after=after, limit=IMPORTS_AT_ONCE)
            for batch_id, rows in page:
                if not all(is_sealed_to(public_key, text) for text in texts_of_import(rows)):
                    await imports.forget_unapplied(tx, batch_id)
                    count.found += 1
        has_more = len(page) == IMPORTS_AT_ONCE
        after = page[-1][0] if page else after


async def _seal_kind(
    sealer: Sealer, actor: Actor, list_page: ListPage, public_key: str, count: SealedCount
) -> None:
    service = sealer.notifier if public_key == sealer.sealing.notifier else sealer.gateway
    after, has_more = "", True
    while has_more:
        async with sealer.db.transaction() as tx:
            page = await list_page(tx, after=after, limit=PAGE)
        for item in page:
            if isinstance(item, Key) and item.deleted_at is not None:
                continue  # Its secret is opened by nobody any more.
            context, texts = entity_id(item.entity()), sealed_texts(item)
            anew = await _sealed_anew(service, context, texts, public_key, count)
            if anew:
                await _store(sealer, actor, item, anew, count)
        has_more = len(page) == PAGE
        after = entity_id(page[-1].entity()) if page else after


async def _seal_waiting(
    sealer: Sealer, kind: ApprovalKind, public_key: str, count: SealedCount
) -> None:
    """What is agreed to days later, perhaps: its service must open it then."""
    is_credentials = kind is ApprovalKind.CREDENTIALS
    form = account_approvals if is_credentials else access_approvals
    service = sealer.gateway if is_credentials else sealer.notifier
    after, has_more = "", True
    while has_more:
        async with sealer.db.transaction() as tx:
            page = await approvals.list_waiting(tx, kind, after=after, limit=PAGE)
        for approval in page:
            asked = approval.asked
            if (text := form.sealed_of(asked)) is None:
                continue
            anew = await _sealed_anew(service, asked.subject, [text], public_key, count)
            if anew:
                sealed = form.with_sealed(asked, anew[text])
                async with sealer.db.transaction() as tx:
                    if await approvals.set_request(tx, replace(approval, asked=sealed)):
                        count.entities += 1
                        count.texts += 1
        has_more = len(page) == PAGE
        after = page[-1].approval_id if page else after


async def _sealed_anew(
    service: Service, context: str, texts: Sequence[str], public_key: str, count: SealedCount
) -> Mapping[str, str]:
    """By old text the new one, of those that are sealed to another key."""
    old = [text for text in texts if not is_sealed_to(public_key, text)]
    if not old:
        return {}
    asked = SealAnew(public_key=public_key, context=context, texts=old)
    new = (await service.post(SealedAnew, "/internal/seal-anew", body=asked)).texts
    if None in new:
        count.lost.append(context)
    anew = {before: after for before, after in zip(old, new, strict=True) if after is not None}
    count.found += len(anew)
    return anew


async def _store(
    sealer: Sealer, actor: Actor, seen: SecretHolder, anew: Mapping[str, str], count: SealedCount
) -> None:
    async with sealer.db.transaction() as tx:
        was = await _find_locked(tx, seen)
        if was is None:
            return
        wanted = with_texts(was, anew)
        if wanted == was:
            return
        now = replace(wanted, version=was.version + 1, updated_at=sealer.clock())
        await update(tx, now)
        await record_change(tx, actor, "sealed_anew", was=was, now=now)
    count.entities += 1
    count.texts += len(anew)


async def _find_locked(tx: Tx, seen: SecretHolder) -> SecretHolder | None:
    """None for a key that was deleted meanwhile; nothing else ever is."""
    try:
        return await _get_locked(tx, seen)
    except NoSuch:
        return None


async def _get_locked(tx: Tx, seen: SecretHolder) -> SecretHolder:
    match seen:
        case Merchant():
            return await merchants.get_merchant(tx, seen.merchant_id, lock=True)
        case ChannelAccount():
            return await channel_accounts.get_account(
                tx, seen.merchant_id, seen.account_id, lock=True
            )
        case App():
            return await apps.get_app(tx, seen.app_id, lock=True)
        case Key():
            return await keys.get_key(tx, seen.app_id, seen.key_id, lock=True)
