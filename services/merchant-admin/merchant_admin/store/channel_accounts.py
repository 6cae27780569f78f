"""Channel accounts."""

from collections.abc import Collection
from typing import Final

import asyncpg

from chassis.database import Tx
from contracts.events.configuration import State
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.store.entity_lists import EntityList, holding, period
from merchant_admin.store.scope import of_one, within

ADD = """
insert into channel_account (payment_id, merchant_id, channel, name, credentials_sealed,
                             credentials_changed_at, state, version, created_at, updated_at,
                             identity, earlier_credentials_sealed, display_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""

UPDATE = """
update channel_account
   set name = $2, credentials_sealed = $3, credentials_changed_at = $4,
       state = $5, version = $6, updated_at = $7, identity = $8, earlier_credentials_sealed = $9,
       display_name = $10
 where payment_id = $1
"""

FIND_SAME = """
select * from channel_account
 where payment_id = $1
    or merchant_id = $2 and channel = $3 and identity = $4 and state = 'active'
 order by payment_id <> $1, payment_id limit 1
"""
FIND = "select * from channel_account where payment_id = $1"
GET = "select * from channel_account where merchant_id = $1 and payment_id = $2"
GET_LOCKED = """
select * from channel_account where merchant_id = $1 and payment_id = $2 for update
"""

LIST = """
select * from channel_account
 where merchant_id = $1 and ($2::text is null or payment_id < $2)
 order by payment_id desc
 limit $3
"""

LIST_ALL: Final = EntityList(
    table="channel_account",
    key="payment_id",
    scope=of_one("merchant_id"),
    conditions={
        "text": holding("name", "display_name", "payment_id", "identity::text"),
        "merchant_id": "merchant_id = {0}",
        "channel": "channel = {0}",
        "state": "state = {0}",
        **period("created_at"),
    },
)

LIST_NAMED = within(
    "select * from channel_account where payment_id = any($1::text[]) and :scope", "merchant_id", 2
)

LIST_LOCKED = """
select * from channel_account where payment_id > $1 order by payment_id limit $2 for no key update
"""


async def add_account(tx: Tx, account: ChannelAccount) -> None:
    await tx.execute(
        ADD,
        account.account_id,
        account.merchant_id,
        account.channel,
        account.name,
        account.credentials_sealed,
        account.credentials_changed_at,
        account.state,
        account.version,
        account.created_at,
        account.updated_at,
        account.identity,
        account.earlier_credentials_sealed,
        account.display_name,
    )


async def update_account(tx: Tx, account: ChannelAccount) -> None:
    """Write what can change of an account that the caller has locked."""
    await tx.execute(
        UPDATE,
        account.account_id,
        account.name,
        account.credentials_sealed,
        account.credentials_changed_at,
        account.state,
        account.version,
        account.updated_at,
        account.identity,
        account.earlier_credentials_sealed,
        account.display_name,
    )


async def get_account(
    tx: Tx, merchant_id: str, account_id: str, *, lock: bool = False
) -> ChannelAccount:
    """One account of this merchant. Raises NoSuch."""
    row = await tx.fetchrow(GET_LOCKED if lock else GET, merchant_id, account_id)
    if row is None:
        raise NoSuch("channel account")
    return _account(row)


async def find_account(tx: Tx, account_id: str) -> ChannelAccount | None:
    """The account, whosever it is."""
    row = await tx.fetchrow(FIND, account_id)
    return None if row is None else _account(row)


async def find_same(tx: Tx, account: ChannelAccount) -> ChannelAccount | None:
    """The one that has its number, or is active for the same merchant under its identity."""
    row = await tx.fetchrow(
        FIND_SAME, account.account_id, account.merchant_id, account.channel, account.identity
    )
    return None if row is None else _account(row)


async def list_accounts(
    tx: Tx, merchant_id: str, *, after: str | None, limit: int
) -> list[ChannelAccount]:
    """The newest first, from behind `after` on."""
    return [_account(row) for row in await tx.fetch(LIST, merchant_id, after, limit)]


async def list_all_accounts(
    tx: Tx, asked: ListQuery, *, after: str | None, limit: int
) -> list[ChannelAccount]:
    """Of all merchants of the scope, the newest first, from behind `after` on."""
    return [_account(row) for row in await LIST_ALL.page(tx, asked, after=after, limit=limit)]


async def list_named_accounts(
    tx: Tx, account_ids: Collection[str], scope: Scope
) -> list[ChannelAccount]:
    """Those of them that are within the scope."""
    return [_account(row) for row in await tx.fetch(LIST_NAMED, list(account_ids), scope.parameter)]


async def list_accounts_locked(tx: Tx, *, after: str, limit: int) -> list[ChannelAccount]:
    """Of all merchants, in the order of their ids; as `list_merchants_locked`."""
    return [_account(row) for row in await tx.fetch(LIST_LOCKED, after, limit)]


def _account(row: asyncpg.Record) -> ChannelAccount:
    return ChannelAccount(
        account_id=row["payment_id"],
        merchant_id=row["merchant_id"],
        channel=row["channel"],
        name=row["name"],
        credentials_sealed=row["credentials_sealed"],
        credentials_changed_at=row["credentials_changed_at"],
        state=State(row["state"]),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        identity=row["identity"],
        earlier_credentials_sealed=tuple(row["earlier_credentials_sealed"]),
        display_name=row["display_name"],
    )
