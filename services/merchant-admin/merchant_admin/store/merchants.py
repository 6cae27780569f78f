"""Merchants."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from chassis.database import Tx
from contracts.events.configuration import State
from merchant_admin.domain.entities import Merchant
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.four_eyes import FourEyes
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.logos import Logo
from merchant_admin.domain.scope import Scope
from merchant_admin.store.entity_lists import EntityList, holding, period
from merchant_admin.store.scope import of_one, within

ADD = """
insert into merchant (merchant_id, name, state, version, updated_at, alert_route_sealed,
                      display_name, colour, logo, logo_type, four_eyes_refunds_from,
                      four_eyes_credentials, four_eyes_callback_addresses, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (merchant_id) do nothing
returning true
"""

UPDATE = """
update merchant
   set name = $2, state = $3, version = $4, updated_at = $5, alert_route_sealed = $6,
       display_name = $7, colour = $8, logo = $9, logo_type = $10, four_eyes_refunds_from = $11,
       four_eyes_credentials = $12, four_eyes_callback_addresses = $13
 where merchant_id = $1
"""

GET = "select * from merchant where merchant_id = $1"
GET_LOCKED = "select * from merchant where merchant_id = $1 for update"

LIST: Final = EntityList(
    table="merchant",
    key="merchant_id",
    scope=of_one("merchant_id"),
    conditions={
        "text": holding("name", "display_name", "merchant_id"),
        "merchant_id": "merchant_id = {0}",
        "state": "state = {0}",
        "channel": """exists (select from channel_account of_it
                     where of_it.merchant_id = merchant.merchant_id and of_it.channel = {0})""",
        **period("created_at"),
    },
)

LIST_NAMES = "select merchant_id, name from merchant where merchant_id = any($1::text[])"

LIST_NEWEST_NAMES = within(
    "select merchant_id, name from merchant where :scope order by merchant_id desc limit $1",
    "merchant_id",
    2,
)

LIST_LOCKED = """
select * from merchant where merchant_id > $1 order by merchant_id limit $2 for no key update
"""


LIST_FOUR_EYES = """
select merchant_id, four_eyes_refunds_from, four_eyes_credentials, four_eyes_callback_addresses
  from merchant where merchant_id = any($1::text[])
"""


async def add_merchant(tx: Tx, merchant: Merchant) -> bool:
    """False where there is one of this number."""
    return await tx.fetchval(ADD, *_changeable(merchant), merchant.created_at) is not None


async def update_merchant(tx: Tx, merchant: Merchant) -> None:
    """Write what can change of a merchant that the caller has locked."""
    await tx.execute(UPDATE, *_changeable(merchant))


async def get_merchant(tx: Tx, merchant_id: str, *, lock: bool = False) -> Merchant:
    """One merchant. Raises NoSuch. `lock`: nobody else changes it before the transaction ends."""
    row = await tx.fetchrow(GET_LOCKED if lock else GET, merchant_id)
    if row is None:
        raise NoSuch("merchant")
    return _merchant(row)


async def list_merchants(
    tx: Tx, asked: ListQuery, *, after: str | None, limit: int
) -> list[Merchant]:
    """The newest first, from behind `after` on."""
    return [_merchant(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def list_merchants_locked(tx: Tx, *, after: str, limit: int) -> list[Merchant]:
    """In the order of their ids, from behind `after` ("" for the first) on; none may change
    before the transaction ends."""
    return [_merchant(row) for row in await tx.fetch(LIST_LOCKED, after, limit)]


async def list_four_eyes(tx: Tx, merchant_ids: Sequence[str]) -> dict[str, FourEyes]:
    """What waits for a second person of those of them that exist, by id."""
    rows = await tx.fetch(LIST_FOUR_EYES, list(merchant_ids))
    return {row["merchant_id"]: _four_eyes(row) for row in rows}


async def list_names(tx: Tx, merchant_ids: Sequence[str]) -> dict[str, str]:
    """The names of those of them that exist, by id."""
    rows = await tx.fetch(LIST_NAMES, list(merchant_ids))
    return {row["merchant_id"]: row["name"] for row in rows}


async def list_newest_names(tx: Tx, scope: Scope, limit: int) -> dict[str, str]:
    """By id, the newest first."""
    rows = await tx.fetch(LIST_NEWEST_NAMES, limit, scope.parameter)
    return {row["merchant_id"]: row["name"] for row in rows}


def _four_eyes(row: asyncpg.Record) -> FourEyes:
    return FourEyes(
        refunds_from=row["four_eyes_refunds_from"],
        credentials=row["four_eyes_credentials"],
        callback_addresses=row["four_eyes_callback_addresses"],
    )


def _changeable(merchant: Merchant) -> tuple[object, ...]:
    return (
        merchant.merchant_id,
        merchant.name,
        merchant.state,
        merchant.version,
        merchant.updated_at,
        merchant.alert_route_sealed,
        merchant.display_name,
        merchant.colour,
        merchant.logo and merchant.logo.content,
        merchant.logo and merchant.logo.media_type,
        merchant.four_eyes.refunds_from,
        merchant.four_eyes.credentials,
        merchant.four_eyes.callback_addresses,
    )


def _merchant(row: asyncpg.Record) -> Merchant:
    return Merchant(
        merchant_id=row["merchant_id"],
        name=row["name"],
        state=State(row["state"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        alert_route_sealed=row["alert_route_sealed"],
        display_name=row["display_name"],
        colour=row["colour"],
        logo=Logo(row["logo_type"], row["logo"]) if row["logo"] else None,
        four_eyes=_four_eyes(row),
    )
