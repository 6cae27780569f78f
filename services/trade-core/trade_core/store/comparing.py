"""What the kept rows of statements say beside our books, however many they are: one query each."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from chassis.database import Tx
from contracts.internal import DifferenceKind
from trade_core.domain import reconciliation as schedule
from trade_core.domain.reconciliation import OurSide, Reconciliation
from trade_core.domain.reconciling import Found, Key
from trade_core.domain.statement_refunds import StatementRefund

COMPARE_LIMIT_S: Final = 300
"""A statement of a million rows takes some seconds; more than this is no comparison any more."""


async def allow_time(tx: Tx) -> None:
    """For this transaction, what follows may take as long as a comparison."""
    await tx.execute(f"set local statement_timeout = '{COMPARE_LIMIT_S}s'")


async def compare(
    tx: Tx, reconciliation: Reconciliation, side: OurSide | None, limit: int
) -> tuple[list[Found], int]:
    """What of the statement and of our side differs: up to `limit` of them, and how many it is."""
    rows = await tx.fetch(
        _COMPARE,
        reconciliation.statement_no,
        reconciliation.rows_round,
        reconciliation.account_id,
        reconciliation.day,
        side.booked_from if side else None,
        side.booked_before if side else None,
        side.begun_from if side else None,
        limit,
        schedule.EDGE,
        timeout=COMPARE_LIMIT_S,
    )
    return [_found(row) for row in rows], rows[0]["total"] if rows else 0


async def is_missing_any(tx: Tx, reconciliation: Reconciliation, side: OurSide) -> bool:
    """Whether any of these bookings of the day stands in no statement of the account."""
    return bool(
        await tx.fetchval(
            _IS_MISSING_ANY,
            reconciliation.account_id,
            reconciliation.day,
            side.booked_from,
            side.booked_before,
            side.begun_from,
        )
    )


async def refunded_outside(tx: Tx, reconciliation: Reconciliation, limit: int) -> list[str]:
    """Payments of ours of which the statement lists refunds that are not booked under their
    number."""
    rows = await tx.fetch(
        _REFUNDED_OUTSIDE, reconciliation.statement_no, reconciliation.rows_round, limit
    )
    return [row["subject"] for row in rows]


async def outside_refunds(tx: Tx, account_id: str, payment_no: str) -> list[StatementRefund]:
    """What all kept statements of the account list of a payment without a refund of ours."""
    rows = await tx.fetch(_OUTSIDE_REFUNDS, account_id, payment_no)
    return [
        StatementRefund(row["channel_no"], row["amount"], schedule.beginning_of(row["day"]))
        for row in rows
    ]


async def seen(tx: Tx, reconciliation: Reconciliation, missed: Sequence[Key]) -> set[str]:
    """The numbers of those that stand in a statement of the account by now."""
    if not missed:
        return set()
    _, abouts, subjects = zip(*missed, strict=True)
    rows = await tx.fetch(_SEEN, reconciliation.account_id, abouts, subjects)
    return {row["subject"] for row in rows}


def _found(row: asyncpg.Record) -> Found:
    return Found(
        kind=DifferenceKind(row["kind"]),
        about=row["about"],
        subject=row["subject"],
        channel_no=row["channel_no"],
        our_amount=row["our_amount"],
        our_currency=row["our_currency"],
        our_status=row["our_status"],
        billed_amount=row["billed_amount"],
        billed_currency=row["billed_currency"],
        detail=row["detail"],
        queried_as=tuple(row["queried_as"] or ()),
    )


# Several rows of one number count as their sum. A payment that we do not count as taken, and that
# the channel itself returned in full (撤销), agrees. A number that is on file at another account is
# that account's business. A refund made without us is listed under the number of its payment: such
# a row is none of the payment, and counts while it is under way, too: no later statement lists it
# again. Our side ($5 to $7; null: not looked at) may stand in any statement of the account whose
# rows are kept. What was booked as made outside must be in these, where they are there of the day
# on which it was said; near midnight, of both days.
_COMPARE = """
with billed as materialized (
    select about, subject, sum(amount)::bigint as amount, min(currency) as currency,
        max(currency) as other_currency, min(channel_no) as channel_no,
        bool_and(is_ours) as is_ours,
        array_agg(queried_as) filter (where queried_as is not null) as queried_as
    from bill_row b
    where statement_no = $1 and round = $2 and (status = 'done' or status = 'under_way'
        and about = 'refund' and not exists (select from refunds where refund_no = b.subject))
    group by about, subject
), beside as materialized (
    select b.*, p.payment_no, p.currency as paid_currency,
        b.about = 'payment' or r.refund_no is not null as is_by_us,
        case when r.refund_no is not null then r.state else p.state end as our_status,
        case when r.refund_no is not null then -r.amount when b.about = 'payment' then p.amount end
            as our_amount,
        case when r.refund_no is not null then r.currency
             when b.about = 'payment' then p.currency end as our_currency,
        coalesce(r.decided, '') = 'settled_outside' as is_outside
    from billed b
    left join refunds r on r.refund_no = b.subject
    left join payments p on p.payment_no = coalesce(r.payment_no, b.subject)
    where b.is_ours or p.payment_no is null
), differing as (
    select case
            when payment_no is null then 'unknown_number'
            when not is_by_us or our_status <> 'succeeded' or is_outside then 'not_booked'
            when amount <> our_amount or (currency, other_currency) <> (our_currency, our_currency)
            then 'amount'
        end as kind, *
    from beside
), outside as (
    select d.*,
        (select coalesce(sum(k.amount), 0)::bigint
         from bill_row k join statement s using (statement_no)
         where k.subject = d.payment_no and k.about = 'refund' and k.status <> 'failed'
           and k.currency = d.paid_currency and s.payment_id = $3 and k.round = s.rows_round
        ) as listed,
        (select coalesce(-sum(r.amount), 0)::bigint from refunds r
         join payments of on of.payment_no = r.payment_no and of.order_id = r.order_id
         where r.payment_no = d.payment_no and r.cause = 'external' and not r.is_dispute
           and not exists (
             select from (values (-$9::interval), ($9::interval)) near (edge)
             where not exists (
               select from statement s
               where s.payment_id = $3 and s.rows_until is not null and s.rows_round is not null
                 and s.day = ((r.last_said_at + edge) at time zone interval '8 hours')::date
                 and s.asked_at >= (s.day + 1)::timestamp at time zone interval '8 hours'))
        ) as booked
    from differing d
    where kind = 'not_booked' and not is_by_us and our_status = 'succeeded'
      and (currency, other_currency) = (paid_currency, paid_currency)
), found as (
    select kind, about, subject, channel_no, our_amount, our_currency, our_status,
        amount as billed_amount, currency as billed_currency, null as detail, queried_as
    from differing d
    where kind is not null and case
        when kind = 'not_booked' and not is_by_us and our_status = 'succeeded' then
            (currency, other_currency) <> (paid_currency, paid_currency) or
            (select coalesce(sum(r.amount), 0) from refunds r
             join payments of on of.payment_no = r.payment_no and of.order_id = r.order_id
             where r.payment_no = d.payment_no and r.cause = 'external'
               and not r.is_dispute) < -amount
        when kind = 'not_booked' and (about = 'payment' or not is_by_us) then
            (select our.state = 'succeeded' from payments our where our.payment_no = d.payment_no)
            or exists (
                select from bill_row k join statement s using (statement_no)
                where k.subject = d.payment_no and k.status = 'done'
                  and s.payment_id = $3 and k.round = s.rows_round
                group by k.currency having sum(k.amount) <> 0)
        else true end
    union all
    select 'amount', about, subject, channel_no, booked, paid_currency, our_status, listed,
        paid_currency, null, null
    from outside where booked < listed
    union all
    select 'amount', d.about, d.subject, d.channel_no, d.our_amount, d.our_currency, d.our_status,
        d.amount + before.amount, d.currency, null, null
    from differing d
    join (
        select about, subject, sum(amount)::bigint as amount
        from listed_before where statement_no = $1 group by about, subject
    ) before using (about, subject)
    where d.kind is null and d.is_by_us
    union all
    select 'not_billed', case when m.amount > 0 then 'payment' else 'refund' end, m.subject, null,
        m.amount, m.currency, 'succeeded', null, null, null, null
    from movement m
    where m.payment_id = $3 and m.day = $4 and m.booked_at >= $5 and m.booked_at < $6
      and m.begun_at >= $7
      and not exists (
        select from bill_row k join statement s using (statement_no)
        where k.subject = m.subject and (k.about = 'payment') = (m.amount > 0)
          and k.status <> 'failed' and s.payment_id = $3 and k.round = s.rows_round)
    union all
    select 'unreadable_row', about, subject, null, null, null, null, null, null, raw,
        null
    from bill_row where statement_no = $1 and round = $2 and status = 'unreadable'
)
select *, count(*) over () as total from found order by kind, about, subject limit $8
"""

_IS_MISSING_ANY = """
select exists (
    select from movement m
    where m.payment_id = $1 and m.day = $2 and m.booked_at >= $3 and m.booked_at < $4
      and m.begun_at >= $5
      and not exists (
        select from bill_row k join statement s using (statement_no)
        where k.subject = m.subject and (k.about = 'payment') = (m.amount > 0)
          and k.status <> 'failed' and s.payment_id = $1 and k.round = s.rows_round))
"""

_REFUNDED_OUTSIDE = """
select distinct b.subject
from bill_row b
join payments p on p.payment_no = b.subject
where b.statement_no = $1 and b.round = $2 and b.about = 'refund' and b.status = 'done'
  and b.amount < 0 and b.is_ours and b.currency = p.currency and p.state = 'succeeded'
  and not exists (
    select from refunds r
    where r.order_id = p.order_id and r.payment_no = p.payment_no and r.cause = 'external'
      and r.channel_refund_no = b.channel_no and r.amount = -b.amount)
order by b.subject limit $3
"""

# What is booked by itself is booked by one row: the same row twice, in one file or in two, may be
# the same refund, and stays a difference for people.
_OUTSIDE_REFUNDS = """
with listed as (
    select k.channel_no, k.amount, k.fee, min(s.day) as day
    from bill_row k
    join statement s using (statement_no)
    join payments p on p.payment_no = k.subject and p.currency = k.currency
    where k.subject = $2 and k.about = 'refund' and k.status = 'done' and k.is_ours
      and s.payment_id = $1 and k.round = s.rows_round
    group by k.channel_no, k.amount, k.fee
)
select channel_no, -sum(amount)::bigint as amount, min(day) as day
from listed
group by channel_no
having sum(amount) < 0
order by min(day), channel_no
"""

_SEEN = """
select distinct subject from bill_row k join statement s using (statement_no)
where (k.about, k.subject) in (select * from unnest($2::text[], $3::text[]))
  and k.status <> 'failed'
  and s.payment_id = $1 and k.round = s.rows_round
"""
