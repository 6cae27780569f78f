"""Payment links, as apps made them."""

from dataclasses import fields
from typing import Final

import asyncpg

from chassis.database import Tx
from trade_core.domain.payment_link import PaymentLink

_FIELDS: Final = tuple(field.name for field in fields(PaymentLink))


async def insert(tx: Tx, link: PaymentLink) -> bool:
    """False where a link has this order number already, or was made by this very request."""
    return bool(await tx.fetchval(_INSERT, *(getattr(link, name) for name in _FIELDS)))


async def find(tx: Tx, link_id: str) -> PaymentLink | None:
    return _found(await tx.fetchrow(_BY_ID, link_id))


async def find_to_open(tx: Tx, link_id: str) -> PaymentLink | None:
    """As `find`; until the transaction ends nobody disables it."""
    return _found(await tx.fetchrow(f"{_BY_ID} for share", link_id))


async def find_known(tx: Tx, link: PaymentLink) -> PaymentLink | None:
    """The one that stands in the way of this one."""
    row = await tx.fetchrow(_KNOWN, link.app_id, link.merchant_id, link.order_no, link.signed_as)
    return _found(row)


async def disable(tx: Tx, link_id: str) -> None:
    """From now on; one that is disabled stays as it is."""
    await tx.execute(_DISABLE, link_id)


def _found(row: asyncpg.Record | None) -> PaymentLink | None:
    return None if row is None else PaymentLink(**{name: row[name] for name in _FIELDS})


_INSERT = """
insert into payment_links (link_id, app_id, merchant_id, amount, currency, subject, order_no,
    fingerprint, created_at, expires_at, disabled_at, signed_as)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict do nothing
returning true
"""
_BY_ID = "select * from payment_links where link_id = $1"
_KNOWN = """
select * from payment_links
where app_id = $1 and (merchant_id = $2 and order_no = $3 or signed_as = $4)
order by signed_as = $4 desc nulls last limit 1
"""
_DISABLE = """
update payment_links set disabled_at = statement_timestamp()
where link_id = $1 and disabled_at is null
"""
