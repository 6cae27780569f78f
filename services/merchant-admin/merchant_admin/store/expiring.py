"""Certificates of apps and channel accounts by their end: what is disabled has none."""

from datetime import datetime
from typing import Final

from chassis.database import Tx
from merchant_admin.domain.expiring import EndingCertificate, Holder, Place
from merchant_admin.domain.scope import Scope
from merchant_admin.store.scope import all_within

ENDING: Final = """
select 'app_key' as holder, app_id as owner, name, merchant_ids, key_id as what,
       certificate_expires_at as ends_at
  from app join app_key using (app_id)
 where app.state = 'active' and app_key.state = 'active' and deleted_at is null
   and certificate_expires_at < $1
union all
select 'client', app_id, name, merchant_ids, 'callback_client_certificate',
       client_certificate_expires_at
  from app where state = 'active' and client_certificate_expires_at < $1
union all
select 'account', payment_id, name, array[merchant_id], key ->> 'field',
       (key ->> 'valid_until')::timestamptz
  from account_facts join channel_account using (payment_id)
 cross join lateral jsonb_array_elements(coalesce(shown -> 'keys', '[]')) key
 where state = 'active' and (key ->> 'valid_until')::timestamptz < $1
"""

COUNT: Final = all_within(
    f"select count(*) from (select from ({ENDING}) it where :scope limit $3) found",  # noqa: S608  # ours
    "merchant_ids",
    2,
)

PAGE: Final = all_within(
    f"""
select * from ({ENDING}) it
 where :scope
   and ($4::timestamptz is null or (ends_at, owner, what) > ($4, $5::text, $6::text))
 order by ends_at, owner, what
 limit $3
""",  # noqa: S608  # ours
    "merchant_ids",
    2,
)


async def count(tx: Tx, scope: Scope, *, before: datetime, most: int) -> int:
    """Those that end before then; `most` at most."""
    counted: int = await tx.fetchval(COUNT, before, scope.parameter, most)
    return counted


async def list_page(
    tx: Tx, scope: Scope, *, before: datetime, after: Place | None, limit: int
) -> list[EndingCertificate]:
    """Those that end before then, the next first."""
    place = (after.ends_at, after.owner, after.what) if after else (None, None, None)
    rows = await tx.fetch(PAGE, before, scope.parameter, limit, *place)
    return [
        EndingCertificate(
            **{
                **row,
                "holder": Holder(row["holder"]),
                "merchant_ids": tuple(row["merchant_ids"]),
            }
        )
        for row in rows
    ]
