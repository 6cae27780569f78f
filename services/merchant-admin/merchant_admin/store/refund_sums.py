"""What is taken of a payment by refunds: on its way back, and asked for by people."""

from datetime import datetime, timedelta
from typing import Final

from chassis.database import Tx

CALLS_LAST: Final = timedelta(minutes=1)
"""Longer than a call of ours takes, and than what it opened needs until it is among those seen."""

UNDER_WAY = """
select coalesce(sum(amount), 0)::bigint from refunds_view
 where payment_no = $1 and status in ('processing', 'abnormal')
"""

BY_PEOPLE = """
with asked as (
    select after ->> 'merchant_refund_no' as number, max((after ->> 'amount')::bigint) as amount,
           bool_or(action = 'refund.opened') as is_opened,
           (array_agg(action = 'refund.requested' and at > $3 order by id desc))[1] as may_be_opened
      from audit
     where entity_id = $1 and action in ('refund.requested', 'refund.opened', 'refund.refused')
     group by 1)
select coalesce(sum(asked.amount), 0)::bigint
  from asked left join refunds_view on payment_no = $1 and merchant_refund_no = number
 where number <> $2
   and case when refund_no is null then is_opened or may_be_opened else status <> 'failed' end
   and not exists (select from approval where subject = $1 and kind = 'refund'
                       and state in ('approved', 'done')
                       and request ->> 'merchant_refund_no' = number)
"""


async def sum_under_way(tx: Tx, payment_no: str) -> int:
    """Of refunds that have not ended."""
    return int(await tx.fetchval(UNDER_WAY, payment_no))


async def sum_by_people(tx: Tx, payment_no: str, now: datetime, *, other_than: str) -> int:
    """What people have asked for of it, each alone, that went back or may; but for one
    `merchant_refund_no`. Of what nobody has heard since, only what is being asked for now."""
    since = now - CALLS_LAST
    return int(await tx.fetchval(BY_PEOPLE, payment_no, other_than, since))
