"""Day statements: lines and totals by Beijing day up to a position, kept, and what is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from chassis.database import Tx
from trade_core.store.balances import list_settled
from trade_core.store.statement_sums import FeeShare


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose money it is: the merchant's, moved by the app's orders, in one currency."""

    app_id: str
    merchant_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class Position:
    """The last ledger transaction that is kept, and the last that there is."""

    upto: int
    latest: int


@dataclass(frozen=True, slots=True)
class Total:
    """Of one currency and part: what was moved before the day, and within it. In is positive."""

    currency: str
    part: str
    before: int
    within: int


async def advance(tx: Tx, *, before: datetime, limit: int) -> int:
    """Take up to `limit` settled ledger transactions into the kept lines and totals; answers how
    many. In one database transaction; two replicas wait for each other."""
    upto = await tx.fetchval("select upto from day_position for update")
    ids = await list_settled(tx, upto, before=before, limit=limit)
    if ids:
        await tx.execute(_KEEP_LINES, upto, ids[-1])
        await tx.execute(_ADD_UP, upto, ids[-1])
        await tx.execute("update day_position set upto = $1 where is_only", ids[-1])
    return len(ids)


async def get_position(tx: Tx) -> Position:
    row = await tx.fetchrow(_POSITION)
    assert row is not None  # The migration made it, and there is only one.
    return Position(row["upto"], row["latest"])


async def list_totals(tx: Tx, holder: Holder, day: date, *, upto: int) -> Sequence[Total]:
    """Up to the end of the day, of each currency that was ever moved by then. `upto` is the
    position, seen by the same snapshot."""
    rows = await tx.fetch(_TOTALS, holder.app_id, holder.merchant_id, day, upto)
    return [
        Total(row["currency"], row["part"], int(row["before"]), int(row["within"])) for row in rows
    ]


async def list_lines(
    tx: Tx, holder: Holder, day: date, *, upto: int, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """The movements of the day behind the transaction `after`, as they were booked."""
    page = await tx.fetch(
        _PAGE, holder.app_id, holder.merchant_id, holder.currency, day, after, limit, upto
    )
    return await tx.fetch(_LINES, [row["transaction_id"] for row in page], holder.app_id)


async def share_fees(
    tx: Tx, statement_no: str, currency: str, listed: Sequence[FeeShare], *, turn: int
) -> None:
    """Note whose payments the fees that are booked in this turn were taken of: what is `listed` in
    this currency. Earlier turns hold a part of it already."""
    app_ids, amounts = [one.app_id for one in listed], [one.amount for one in listed]
    await tx.execute(_SHARE_FEES, statement_no, turn + 1, currency, app_ids, amounts)


_KEEP_LINES = """
insert into day_line (app_id, merchant_id, currency, day, transaction_id)
select app_id, merchant_id, currency, (at at time zone interval '8 hours')::date, transaction_id
from app_movement
where transaction_id > $1 and transaction_id <= $2 and app_id is not null
"""

_ADD_UP = """
insert into day_total (app_id, merchant_id, currency, day, part, amount)
select app_id, merchant_id, currency, (at at time zone interval '8 hours')::date as day, part,
    sum(amount)
from app_movement
where transaction_id > $1 and transaction_id <= $2 and app_id is not null
group by app_id, merchant_id, currency, day, part
on conflict (app_id, merchant_id, currency, day, part)
do update set amount = day_total.amount + excluded.amount
"""

_POSITION = """
select upto, coalesce((select id from ledger_transaction order by id desc limit 1), 0) as latest
from day_position where is_only
"""

# The position is a value here, so that it is planned for how little lies behind it.
_TOTALS = """
with moved as (
    select currency, part, day, amount from day_total
    where app_id = $1 and merchant_id = $2 and day <= $3
    union all
    select currency, part, (at at time zone interval '8 hours')::date, amount from app_movement
    where transaction_id > $4 and app_id = $1 and merchant_id = $2
      and (at at time zone interval '8 hours')::date <= $3
)
select currency, part, coalesce(sum(amount) filter (where day < $3), 0) as before,
    coalesce(sum(amount) filter (where day = $3), 0) as within
from moved group by currency, part
"""

_PAGE = """
select transaction_id from (
    (select transaction_id from day_line
     where app_id = $1 and merchant_id = $2 and currency = $3 and day = $4 and transaction_id > $5
     order by transaction_id limit $6)
    union all
    (select transaction_id from app_movement
     where transaction_id > greatest($5::bigint, $7::bigint)
       and app_id = $1 and merchant_id = $2 and currency = $3
       and (at at time zone interval '8 hours')::date = $4
     order by transaction_id limit $6)
) found
order by transaction_id limit $6
"""

# By numbers that were found before: so many tables are not joined in another order, and the whole
# ledger would be read.
_LINES = """
select m.transaction_id, m.at, m.kind, m.amount, m.currency, m.payment_id,
    o.merchant_order_no, p.payment_no, p.channel_trade_no, r.refund_no, r.merchant_refund_no,
    s.split_no, s.merchant_split_no, coalesce(p.channel, st.channel) as channel
from app_movement m
left join refunds r on r.refund_no = m.subject
left join splits s on s.split_no = m.subject
left join payments p on p.payment_no = coalesce(r.payment_no, s.payment_no, m.subject)
left join orders o on o.order_id = p.order_id
left join statement st on st.statement_no = m.subject
where m.transaction_id = any ($1::bigint[]) and m.app_id = $2
order by m.transaction_id
"""

_SHARE_FEES = """
insert into fee_share (statement_no, turn, app_id, currency, amount)
select $1, $2, app_id, $3, sum(amount)
from (
    select app_id, amount from unnest($4::text[], $5::bigint[]) as listed (app_id, amount)
    union all
    select f.app_id, -f.amount
    from fee_share f join statement s using (statement_no)
    where f.statement_no = $1 and coalesce(f.currency, s.currency) = $3
) share
group by app_id
having sum(amount) <> 0
"""
