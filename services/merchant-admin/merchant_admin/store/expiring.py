"""Certificates of apps and channel accounts by their end: what is disabled has none."""

from typing import Final

from chassis.database import Tx
from merchant_admin.domain.expiring import CertificateQuery, EndingCertificate, Holder, Place
from merchant_admin.store.entity_lists import pattern
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

FOUND: Final = all_within(
    f"""
select * from ({ENDING}) it
 where :scope
   and ($3::text is null or merchant_ids @> array[$3])
   and ($4::text is null or lower(name) like $4 or lower(owner) like $4)
   and ($5::text is null or holder = $5)
   and ($6::timestamptz is null or ends_at >= $6)
   and ($7::timestamptz is null or (ends_at, owner, what) > ($7, $8::text, $9::text))
""",  # noqa: S608  # ours
    "merchant_ids",
    2,
)
PAGE: Final = f"{FOUND} order by ends_at, owner, what limit $10"
COUNT: Final = f"select count(*) from ({FOUND} limit $10) found"  # noqa: S608  # ours


async def count(tx: Tx, query: CertificateQuery, at_most: int) -> int:
    """No further than `at_most`."""
    counted: int = await tx.fetchval(COUNT, *_parameters(query, None), at_most)
    return counted


async def list_page(
    tx: Tx, query: CertificateQuery, *, after: Place | None, limit: int
) -> list[EndingCertificate]:
    """The next to end first."""
    rows = await tx.fetch(PAGE, *_parameters(query, after), limit)
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


def _parameters(query: CertificateQuery, after: Place | None) -> tuple[object, ...]:
    return (
        query.before,
        query.scope.parameter,
        query.merchant_id,
        None if query.text is None else pattern(query.text),
        query.holder,
        query.ends_from,
        *((after.ends_at, after.owner, after.what) if after else (None, None, None)),
    )
