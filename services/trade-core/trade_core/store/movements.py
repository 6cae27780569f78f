"""What the ledger says the channels moved in the last days: our side of each comparison."""

from datetime import date

from chassis.database import Tx
from trade_core.store.balances import Walked


async def note(tx: Tx, walked: Walked, *, since: date) -> None:
    """Take over what this part of the ledger booked at channels of the days from `since`."""
    if walked.count:
        await tx.execute(_NOTE, walked.after, walked.upto, since)


async def forget(tx: Tx, before: date, limit: int) -> int:
    """Drop up to `limit` of the days before; answers how many there were."""
    return len(await tx.fetch(_FORGET, before, limit))


_NOTE = """
insert into movement (subject, payment_id, day, booked_at, begun_at, amount, currency)
select subject, payment_id, (moved_at at time zone interval '8 hours')::date, moved_at, begun_at,
    amount, currency
from (
    select t.subject, l.payment_id, l.amount, l.currency,
        case t.kind when 'payment_captured' then p.paid_at else r.refunded_at end as moved_at,
        case t.kind when 'payment_captured' then p.paid_at else r.created_at end as begun_at
    from ledger_transaction t
    join ledger_posting l on l.transaction_id = t.id and l.purpose = 'channel_receivable'
    left join payments p on t.kind = 'payment_captured' and p.payment_no = t.subject
    left join refunds r on r.refund_no = t.subject
    where t.id > $1 and t.id <= $2
      and (t.kind = 'payment_captured' or split_part(t.kind, ':', 1) = 'refund_settled')
      and r.cause is distinct from 'external'
) booked
where (moved_at at time zone interval '8 hours')::date >= $3
on conflict do nothing
"""

_FORGET = """
delete from movement
where subject in (select subject from movement where day < $1 order by day limit $2)
returning true
"""
