"""The audit: written with each change, in its transaction, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.audit import Actor, AuditEntry
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.store.entity_lists import EntityList, period

ADD = """
insert into audit (at, actor, action, entity_kind, entity_id, before, after, ip, request_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

_NAMED: Final = "jsonb_build_array(before, after) @> jsonb_build_array(jsonb_build_object({0}))"

OF_MERCHANT: Final = f"""(entity_id = {{0}}
    or {_NAMED.format("'merchant_id', {0}::text")}
    or {_NAMED.format("'merchant_ids', jsonb_build_array({0}::text)")}
    or entity_kind in ('channel_account', 'statement') and exists (
        select from channel_account where payment_id = entity_id and merchant_id = {{0}})
    or entity_kind in ('key', 'callback', 'callbacks') and exists (
        select from app where app_id = coalesce(after ->> 'app_id', entity_id)
                          and merchant_ids @> array[{{0}}::text])
    or entity_kind = 'approval' and exists (
        select from approval where approval_id = entity_id and merchant_ids @> array[{{0}}::text])
    or entity_kind = 'callback' and exists (
        select from order_history join orders_view using (order_id)
         where event_id = entity_id and merchant_id = {{0}})
    or entity_kind = 'order' and exists (
        select from orders_view where order_id = entity_id and merchant_id = {{0}})
    or entity_kind in ('payment', 'refund') and (exists (
        select from payments_view where payment_no = entity_id and merchant_id = {{0}}) or exists (
        select from refunds_view where refund_no = entity_id and merchant_id = {{0}})))"""  # noqa: S608  # constants
"""What was done to this merchant, to what is its, or to who sees it: few rows name it."""

LIST: Final = EntityList(
    table="audit",
    key="id",
    scope=None,
    conditions={
        "entity_id": "entity_id = {0}",
        "actor": "actor = {0}",
        "action": "action = {0}",
        "merchant_id": OF_MERCHANT,
        **period("at"),
    },
)

ACCESS_GIVEN = """
select actor from audit
where entity_id = $1 and actor = any ($2::text[]) and at > $3
  and (action in ('user.created', 'user.invited', 'totp.removed')
       or action = 'user.updated' and after ->> 'password' = 'changed')
order by id desc limit 1
"""

OF_ENTITIES = """
select * from audit where entity_id = any ($1::text[]) order by id desc limit $2
"""


@dataclass(frozen=True, slots=True)
class NumberedEntry:
    number: int
    entry: AuditEntry


async def add_entry(tx: Tx, entry: AuditEntry) -> None:
    await tx.execute(
        ADD,
        entry.at,
        entry.actor.username,
        entry.action,
        entry.entity_kind,
        entry.entity_id,
        entry.before,
        entry.after,
        entry.actor.ip,
        entry.actor.request_id,
    )


async def find_who_gave_access(
    tx: Tx, username: str, givers: Sequence[str], since: datetime
) -> str | None:
    """Which of them made or invited this user, set their password or took their second factor
    away, last since then."""
    giver: str | None = await tx.fetchval(ACCESS_GIVEN, username, list(givers), since)
    return giver


async def list_entries(
    tx: Tx, asked: ListQuery, *, after: int | None, limit: int
) -> list[NumberedEntry]:
    """The newest first, from behind `after` on."""
    found = await LIST.page(tx, asked, after=after, limit=limit)
    return [NumberedEntry(row["id"], _entry(row)) for row in found]


async def list_of_entities(tx: Tx, entity_ids: Sequence[str], limit: int) -> list[AuditEntry]:
    """What was done to any of these, the newest first."""
    return [_entry(row) for row in await tx.fetch(OF_ENTITIES, entity_ids, limit)]


def _entry(row: asyncpg.Record) -> AuditEntry:
    return AuditEntry(
        at=row["at"],
        actor=Actor(username=row["actor"], ip=row["ip"], request_id=row["request_id"]),
        action=row["action"],
        entity_kind=row["entity_kind"],
        entity_id=row["entity_id"],
        before=row["before"],
        after=row["after"],
    )
