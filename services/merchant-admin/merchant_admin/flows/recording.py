"""Every write leaves two traces in its own transaction: an audit row and, where configuration
changed, the event that tells the other services.

They come last in the transaction. The audit is one chain, whose end is locked by each row that is
added: whoever then waited for what another transaction holds might wait in a circle.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from chassis import logs, outbox
from chassis.database import Tx
from chassis.outbox import OutboxEvent
from contracts import topics
from contracts.events.configuration import (
    CONFIGURATION,
    SOURCE,
    AppEntity,
    ChannelAccountEntity,
    Configuration,
    ConfigurationRecord,
    CounterCodeEntity,
    Entity,
    KeyEntity,
    LogoEntity,
    MerchantEntity,
    logo_of,
)
from contracts.identifiers import new_id
from merchant_admin.domain.audit import Actor, AuditEntry, recorded
from merchant_admin.domain.entities import Configured
from merchant_admin.store.audit import add_entry


async def record_change(
    tx: Tx, actor: Actor, action: str, *, was: Configured | None, now: Configured
) -> None:
    """Audit and publish a change of configuration; `was` is None where it is new."""
    entity = now.entity()
    entry = AuditEntry(
        at=now.updated_at,
        actor=actor,
        action=f"{entity.kind}.{action}",
        entity_kind=entity.kind,
        entity_id=entity_id(entity),
        before=recorded(was.entity()) if was else None,
        after=recorded(entity),
    )
    await add_entry(tx, entry)
    await publish(tx, [entity], now.updated_at)


async def record_action(
    tx: Tx,
    actor: Actor,
    action: str,
    *,
    at: datetime,
    entity_id: str,
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
) -> None:
    """Audit what changes nothing that the other services know; `action`: `<kind>.<past tense>`."""
    kind, _, _ = action.partition(".")
    await add_entry(tx, AuditEntry(at, actor, action, kind, entity_id, before, after))


async def publish(tx: Tx, entities: Sequence[Entity], at: datetime) -> None:
    """Put the present state of these entities into the outbox. The caller holds their locks."""
    parts = [part for entity in entities for part in _parts(entity)]
    await outbox.put(tx, [_event(part, at) for part in parts])


def _parts(entity: Entity) -> list[Entity]:
    """A merchant's logo, or that it has none, goes before it and by itself."""
    if not isinstance(entity, MerchantEntity):
        return [entity]
    logo = LogoEntity(
        merchant_id=entity.merchant_id,
        state=entity.state,
        version=entity.version,
        logo=entity.logo,
    )
    return [logo, entity.model_copy(update={"logo": None})]


def entity_id(entity: Entity) -> str:
    match entity:
        case MerchantEntity():
            return entity.merchant_id
        case LogoEntity():
            return logo_of(entity.merchant_id)
        case AppEntity():
            return entity.app_id
        case KeyEntity():
            return entity.key_id
        case ChannelAccountEntity():
            return entity.payment_id
        case CounterCodeEntity():
            return entity.code_id
        case _:
            assert_never(entity)


def _event(entity: Entity, at: datetime) -> OutboxEvent:
    key = entity_id(entity)
    record = ConfigurationRecord(
        id=new_id("event"),
        source=SOURCE,
        type=CONFIGURATION,
        subject=key,
        time=at,
        traceparent=logs.traceparent.get() or None,
        data=Configuration(entity=entity),
    )
    return OutboxEvent(
        event_id=record.id,
        topic=topics.MERCHANT_CONFIG,
        key=key,
        type=record.type,
        tenant="",
        payload=record.to_bytes(),
    )
