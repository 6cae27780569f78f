"""What the topic says of the configuration beside what the database says.

The two differ where the topic was signed by a key that was exchanged since, and where the database
was restored: readers keep the highest version of an entity that they ever saw, so that what is
entered anew under one that they know is not in force, whatever the pages show.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chassis.broadcast import Broadcast
from chassis.broker import Broker
from chassis.consumer import Record
from chassis.database import Database
from contracts.events.configuration import (
    Entity,
    LogoEntity,
    MerchantEntity,
    State,
    logo_of,
    read_entity,
)
from contracts.record_proof import PublicKeys, Unproven
from contracts.topics import MERCHANT_CONFIG
from merchant_admin.domain.audit import SYSTEM
from merchant_admin.domain.entities import Configured
from merchant_admin.flows.configured import BATCH, KINDS, ListLocked, update
from merchant_admin.flows.recording import entity_id, publish, record_action

READING_LIMIT_S: Final = 120.0


class Publishing(StrEnum):
    """What is told anew: nothing, what differs, or all of it, each under a version that is higher
    than any that a reader may have seen."""

    NOTHING = "nothing"
    DIFFERING = "differing"
    ALL = "all"


class Difference(StrEnum):
    """Of an entity."""

    UNTOLD = "the topic has nothing of it that the present key signed"
    OLDER = "the topic has an older version"
    OTHERWISE = "the topic has the same version, or a newer one, and says otherwise"
    UNKNOWN = "only the topic has it, and it is in force"


@dataclass(slots=True)
class InTopic:
    """By id what the topic says, of what the present key signed: the highest version, and of two
    records with the same one the first, as its readers take it."""

    keys: PublicKeys
    entities: dict[str, Entity] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        try:
            self.keys.check(record.topic, record.key, record.headers, record.value)
        except Unproven:
            return
        if not record.value:
            self.entities.pop(record.key or "", None)
        elif (entity := read_entity(record.value)) is not None:
            known = self.entities.setdefault(entity_id(entity), entity)
            if entity.version > known.version:
                self.entities[entity_id(entity)] = entity

    def whole(self) -> Mapping[str, Entity]:
        """Each merchant with its logo, as it is here."""
        listed = (each for each in self.entities.items() if not isinstance(each[1], LogoEntity))
        return {name: self._with_logo(entity) for name, entity in listed}

    def _with_logo(self, entity: Entity) -> Entity:
        if not isinstance(entity, MerchantEntity):
            return entity
        logo = self.entities.get(logo_of(entity.merchant_id))
        if not isinstance(logo, LogoEntity):
            return entity
        version = max(entity.version, logo.version)
        return entity.model_copy(update={"logo": logo.logo, "version": version})


async def read_topic(bootstrap: Broker | str, keys: PublicKeys) -> Mapping[str, Entity]:
    """All that is in the topic now. Raises TimeoutError where Kafka does not give it."""
    in_topic, stop = InTopic(keys), asyncio.Event()
    broadcast = Broadcast(bootstrap=bootstrap, topic=MERCHANT_CONFIG, handle=in_topic.take)
    async with _running(broadcast, stop):
        await asyncio.wait_for(broadcast.caught_up.wait(), READING_LIMIT_S)
    return in_topic.whole()


@asynccontextmanager
async def _running(broadcast: Broadcast, stop: asyncio.Event) -> AsyncIterator[None]:
    reading = asyncio.create_task(broadcast.run(stop))
    try:
        yield
    finally:
        stop.set()
        await reading


async def compare(
    db: Database,
    in_topic: Mapping[str, Entity],
    *,
    now: datetime,
    publishing: Publishing = Publishing.NOTHING,
    ends: Collection[str] = (),
) -> dict[str, Difference]:
    """By id what differs. `ends`: what only the topic has is published as disabled."""
    compared: dict[str, Difference | None] = {}
    for list_locked in KINDS:
        compared |= await _compare_kind(db, list_locked, in_topic, publishing, now)
    unknown = {
        name: entity
        for name, entity in in_topic.items()
        if name not in compared and entity.state is State.ACTIVE
    }
    found = {name: difference for name, difference in compared.items() if difference}
    found |= dict.fromkeys(unknown, Difference.UNKNOWN)
    ended = [_ended(entity) for name, entity in unknown.items() if name in ends]
    if ended or publishing is not Publishing.NOTHING:
        async with db.transaction() as tx:
            after = {"published": publishing, "ended": [*map(entity_id, ended)]}
            await record_action(
                tx, SYSTEM, "configuration.published", at=now, entity_id="", after=after
            )
            await publish(tx, ended, now)
    return found


def _ended(entity: Entity) -> Entity:
    return entity.model_copy(update={"state": State.DISABLED, "version": entity.version + 1})


async def _compare_kind(
    db: Database,
    list_locked: ListLocked,
    in_topic: Mapping[str, Entity],
    publishing: Publishing,
    now: datetime,
) -> dict[str, Difference | None]:
    compared: dict[str, Difference | None] = {}
    after, has_more = "", True
    while has_more:
        async with db.transaction() as tx:
            page = await list_locked(tx, after=after, limit=BATCH)
            anew = []
            for item in page:
                ours = item.entity()
                after = entity_id(ours)
                theirs = in_topic.get(after)
                difference = compared[after] = _difference(ours, theirs)
                if publishing is Publishing.ALL or (
                    publishing is Publishing.DIFFERING and difference is Difference.OTHERWISE
                ):
                    raised = _raised(item, theirs, now)
                    await update(tx, raised)
                    anew.append(raised.entity())
                elif publishing is Publishing.DIFFERING and difference is not None:
                    anew.append(ours)
            await publish(tx, anew, now, known=in_topic)
        has_more = len(page) == BATCH
    return compared


def _raised(ours: Configured, theirs: Entity | None, at: datetime) -> Configured:
    """Under a version that no reader has seen: a restored merchant-admin has told the older ones
    again, so that Kafka may have dropped the highest, which running readers keep. The seconds since
    1970 are more than the changes of any entity."""
    known = max(ours.version, theirs.version if theirs else 0, int(at.timestamp()))
    return replace(ours, version=known + 1, updated_at=at)


def _difference(ours: Entity, theirs: Entity | None) -> Difference | None:
    if theirs is None:
        return Difference.UNTOLD
    if ours == theirs:
        return None
    return Difference.OLDER if theirs.version < ours.version else Difference.OTHERWISE
