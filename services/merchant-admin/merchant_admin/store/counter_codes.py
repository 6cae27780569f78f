"""Fixed counter codes."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import asyncpg

from chassis.database import Tx
from contracts.events.configuration import State
from merchant_admin.domain.entities import CounterCode, Received
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.store.entity_lists import EntityList, holding, period
from merchant_admin.store.scope import of_one

_FIELDS: Final = tuple(field.name for field in fields(CounterCode))

ADD = """
insert into counter_code (code_id, merchant_id, app_id, name, min_amount, max_amount, daily_limit,
                          amounts, state, version, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (code_id) do nothing
returning true
"""
UPDATE = """
update counter_code
   set name = $2, min_amount = $3, max_amount = $4, daily_limit = $5, amounts = $6, state = $7,
       version = $8, updated_at = $9
 where code_id = $1
"""
GET = "select * from counter_code where code_id = $1"
GET_OF = "select * from counter_code where code_id = $1 and merchant_id = $2 and app_id = $3"
GET_LOCKED = "select * from counter_code where code_id = $1 for update"
LIST: Final = EntityList(
    table="counter_code",
    key="code_id",
    scope=of_one("merchant_id"),
    conditions={
        "text": holding("name", "code_id"),
        "merchant_id": "merchant_id = {0}",
        "app_id": "app_id = {0}",
        "state": "state = {0}",
        **period("created_at"),
    },
)
RECEIVED = """
select c.code_id, count(*) as payments, sum((p.view ->> 'amount')::bigint)::bigint as amount
  from counter_code c
  join payments_view p
    on p.view -> 'metadata' ->> 'code_id' = c.code_id and p.merchant_id = c.merchant_id
   and p.app_id = c.app_id
 where c.code_id = any ($1::text[]) and p.created_at >= $2 and p.status = 'succeeded'
 group by c.code_id
"""
LIST_LOCKED = """
select * from counter_code where code_id > $1 order by code_id limit $2 for no key update
"""


async def add_code(tx: Tx, code: CounterCode) -> bool:
    """False where there is one of this number."""
    return await tx.fetchval(ADD, *(getattr(code, name) for name in _FIELDS)) is not None


async def update_code(tx: Tx, code: CounterCode) -> None:
    """Write what can change of a code that the caller has locked."""
    await tx.execute(
        UPDATE,
        code.code_id,
        code.name,
        code.min_amount,
        code.max_amount,
        code.daily_limit,
        code.amounts,
        code.state,
        code.version,
        code.updated_at,
    )


async def get_code(tx: Tx, code_id: str, *, lock: bool = False) -> CounterCode:
    """Raises NoSuch."""
    row = await tx.fetchrow(GET_LOCKED if lock else GET, code_id)
    if row is None:
        raise NoSuch("counter code")
    return _code(row)


async def find_code_of(
    tx: Tx, code_id: str, *, merchant_id: str, app_id: str
) -> CounterCode | None:
    row = await tx.fetchrow(GET_OF, code_id, merchant_id, app_id)
    return _code(row) if row else None


async def list_codes(
    tx: Tx, asked: ListQuery, *, after: str | None, limit: int
) -> list[CounterCode]:
    """The newest first, from behind `after` on."""
    return [_code(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def received_since(tx: Tx, code_ids: Sequence[str], at: datetime) -> dict[str, Received]:
    """By code what was paid of payments that began since then; codes with none are left out."""
    rows = await tx.fetch(RECEIVED, code_ids, at)
    return {row["code_id"]: Received(row["payments"], row["amount"]) for row in rows}


async def list_codes_locked(tx: Tx, *, after: str, limit: int) -> list[CounterCode]:
    """In the order of their ids; as `list_merchants_locked`."""
    return [_code(row) for row in await tx.fetch(LIST_LOCKED, after, limit)]


def _code(row: asyncpg.Record) -> CounterCode:
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    return CounterCode(**{**values, "state": State(row["state"]), "amounts": tuple(row["amounts"])})
