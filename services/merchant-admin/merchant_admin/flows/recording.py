"""Every write leaves two traces in its own transaction: an audit row and, where configuration
changed, the event that tells the other services.

They come last in the transaction. The audit is one chain, whose end is locked by each row that is
added: whoever then waited for what another transaction holds might wait in a circle.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, assert_never

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

NOTHING: Final[Mapping[str, Entity]] = MappingProxyType({})


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
    known = {entity_id(entity): was.entity()} if was else NOTHING
    await publish(tx, [entity], now.updated_at, known=known)


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


async def publish(
    tx: Tx, entities: Sequence[Entity], at: datetime, *, known: Mapping[str, Entity] = NOTHING
) -> None:
    """Put the present state of these entities into the outbox. The caller holds their locks.
    `known`: what readers may have of them, by id."""
    events = [
        event for entity in entities for event in _events(entity, known.get(entity_id(entity)), at)
    ]
    await outbox.put(tx, events)


def _events(entity: Entity, known: Entity | None, at: datetime) -> list[OutboxEvent]:
    """A merchant's logo, or that it was taken away, goes before it and by itself: of one that has
    none, nothing goes that a gateway of 0.1.0 would report as broken."""
    if not isinstance(entity, MerchantEntity):
        return [_event(entity, at)]
    merchant = _event(entity.model_copy(update={"logo": None}), at)
    if entity.logo is not None:
        logo = LogoEntity(
            merchant_id=entity.merchant_id,
            state=entity.state,
            version=entity.version,
            logo=entity.logo,
        )
        return [_event(logo, at), merchant]
    if isinstance(known, MerchantEntity) and known.logo is not None:
        return [_tombstone(logo_of(entity.merchant_id)), merchant]
    return [merchant]


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
    return _put_under(key, record.id, record.to_bytes())


def _tombstone(key: str) -> OutboxEvent:
    return _put_under(key, new_id("event"), b"")


def _put_under(key: str, event_id: str, payload: bytes) -> OutboxEvent:
    return OutboxEvent(
        event_id=event_id,
        topic=topics.MERCHANT_CONFIG,
        key=key,
        type=CONFIGURATION,
        tenant="",
        payload=payload,
    )
