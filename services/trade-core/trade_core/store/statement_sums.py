"""What the compared round of a statement adds up to, and of whom its fees were taken: each once,
also where a statement of an earlier day lists it too."""

from dataclasses import dataclass

from chassis.database import Tx
from contracts.internal import StatementTotal
from trade_core.domain.reconciliation import Reconciliation
from trade_core.store.comparing import COMPARE_LIMIT_S


@dataclass(frozen=True, slots=True)
class FeeShare:
    """The fees that a statement lists of one app's payments, in minor units."""

    app_id: str
    currency: str
    amount: int


async def mark_listed_before(tx: Tx, reconciliation: Reconciliation) -> None:
    """Note for good which rows of the compared round stand in a statement of an earlier day. They
    are found before the first is written, so that the transaction keeps events waiting no longer.
    """
    await tx.execute(
        _MARK_LISTED_BEFORE,
        reconciliation.statement_no,
        reconciliation.rows_round,
        reconciliation.account_id,
        reconciliation.day,
        timeout=COMPARE_LIMIT_S,
    )


async def sum_up(tx: Tx, reconciliation: Reconciliation) -> list[StatementTotal]:
    """What the compared round lists of ours, by currency; `fees_booked` is not known here."""
    asked = (reconciliation.statement_no, reconciliation.rows_round)
    rows = await tx.fetch(_SUM_UP, *asked, timeout=COMPARE_LIMIT_S)
    return [StatementTotal.model_validate({**row, "fees_booked": None}) for row in rows]


async def fee_shares(tx: Tx, reconciliation: Reconciliation) -> list[FeeShare]:
    """Of whose payments the fees of the compared round were taken; they add up to what it lists."""
    asked = (reconciliation.statement_no, reconciliation.rows_round)
    rows = await tx.fetch(_FEE_SHARES, *asked, timeout=COMPARE_LIMIT_S)
    return [FeeShare(**row) for row in rows]


_MARK_LISTED_BEFORE = """
insert into listed_before (statement_no, about, subject, channel_no, amount)
select b.statement_no, b.about, b.subject, b.channel_no, min(b.amount)
from bill_row b
where b.statement_no = $1 and b.round = $2 and b.status = 'done' and b.is_ours
  and (b.about, b.subject, b.channel_no, b.amount) in (
    select k.about, k.subject, k.channel_no, k.amount
    from statement s join bill_row k on k.statement_no = s.statement_no and k.round = s.rows_round
    where s.payment_id = $3 and s.day < $4 and s.rows_until is not null
      and k.status = 'done' and k.is_ours)
group by b.statement_no, b.about, b.subject, b.channel_no
on conflict do nothing
"""

# Payments and refunds as they are listed. A fee is taken once: the same row twice, in this file or
# in one of an earlier day, is one, and a difference for people, who see by the sum that it is there
# twice.
_SUM_UP = """
select currency,
    coalesce(sum(times) filter (where about = 'payment'), 0)::bigint as payments,
    coalesce(sum(amount * times) filter (where about = 'payment' and status <> 'failed'), 0)::bigint
        as paid,
    coalesce(sum(times) filter (where about = 'refund'), 0)::bigint as refunds,
    coalesce(-sum(amount * times) filter (where about = 'refund' and status <> 'failed'), 0)::bigint
        as refunded,
    coalesce(sum(fee) filter (where status <> 'failed' and not is_before), 0)::bigint as fees
from (
    select b.about, b.amount, b.currency, b.fee, b.status, count(*) as times,
        l.subject is not null as is_before
    from bill_row b left join listed_before l using (statement_no, about, subject, channel_no)
    where b.statement_no = $1 and b.round = $2 and b.is_ours
    group by b.about, b.subject, b.channel_no, b.amount, b.currency, b.fee, b.status, l.subject
) listed
group by currency order by currency
"""

_FEE_SHARES = """
select o.app_id, b.currency, sum(b.fee)::bigint as amount
from (
    select distinct k.about, k.subject, k.channel_no, k.amount, k.currency, k.fee, k.status
    from bill_row k left join listed_before l using (statement_no, about, subject, channel_no)
    where k.statement_no = $1 and k.round = $2 and k.is_ours and k.status <> 'failed'
      and l.subject is null
) b
left join refunds r on r.refund_no = b.subject
join payments p on p.payment_no = coalesce(r.payment_no, b.subject)
join orders o on o.order_id = p.order_id
group by o.app_id, b.currency
"""
