"""Counting what waits for people, each by an index that holds nothing else."""

from datetime import datetime

from chassis.database import Tx
from merchant_admin.domain.scope import Scope
from merchant_admin.store.search import STRANDED

COUNT = f"""
select
  (select count(*) from (select from payments_view where status = 'conflicted'
     and ($1::text[] is null or merchant_id = any($1)) limit $3) c) as conflicts,
  (select count(*) from (select from refunds_view where status = 'abnormal'
     and ($1::text[] is null or merchant_id = any($1)) limit $3) c) as stuck_refunds,
  (select count(*) from (select from payments_view p where {STRANDED}
     and ($1::text[] is null or merchant_id = any($1)) limit $3) c) as stranded_payments,
  (select count(*) from (select from payments_view where status = 'unknown' and created_at < $2
     and ($1::text[] is null or merchant_id = any($1)) limit $3) c) as unknown_payments,
  (select count(*) from (
     select from deliveries_view d
       left join order_history h on h.event_id = d.callback_id
       left join orders_view o using (order_id)
      where d.state = 'exhausted'
        and ($1::text[] is null or o.merchant_id = any($1)) limit $3) c) as exhausted_callbacks
"""  # noqa: S608  # conditions of ours


async def count(tx: Tx, scope: Scope, *, unknown_before: datetime, most: int) -> dict[str, int]:
    """By name; `most` at most."""
    row = await tx.fetchrow(COUNT, scope.parameter, unknown_before, most)
    assert row is not None
    return dict(row)
