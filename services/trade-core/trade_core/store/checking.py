"""The nightly check's reading: ranges of keys, each as of one moment, and only what disagrees."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

import asyncpg

from chassis.database import Connection, Tx
from trade_core.domain.checking import Base, Difference, Findings, Part
from trade_core.store.balances import Account

LOCK: Final = 7_207_132
"""The advisory lock of the one replica that checks."""


async def try_lock(connection: Connection) -> bool:
    """Held as long as the connection is open."""
    return bool(await connection.fetchval("select pg_try_advisory_lock($1)", LOCK))


async def is_finished(tx: Tx, day: date) -> bool:
    return bool(await tx.fetchval("select exists (select from ledger_check where day = $1)", day))


async def find_base(tx: Tx, month: date) -> Base | None:
    """From where a check may go on: the latest that found no difference, where one of this month
    was of everything."""
    row = await tx.fetchrow(_BASE, month)
    return None if row is None else Base(row["upto"], row["finished_at"])


async def finish(tx: Tx, day: date, findings: Findings, upto: int, *, at: datetime) -> None:
    """Where the books agreed up to `upto`, the next check goes on there."""
    counts = (findings.payments, findings.transactions, len(findings.differences))
    clean_upto = None if findings.differences else upto
    await tx.execute(_FINISH, day, at, *counts, findings.is_full, clean_upto)


async def remember(tx: Tx, sums: Mapping[Account, int]) -> None:
    """These are the sums that were found right."""
    accounts = list(sums)
    columns = [[getattr(each, name) for each in accounts] for name in _NAMES]
    await tx.execute(_REMEMBER, *columns, [sums[each] for each in accounts])


async def remembered(tx: Tx) -> dict[Account, int]:
    """The sums that the latest check without a difference found right."""
    return {_account(row): int(row["amount"]) for row in await tx.fetch(_REMEMBERED)}


async def payments_touched(tx: Tx, after: int, last: int, *, before: str) -> list[str]:
    """Of the payments with a number of before this one, those that these ledger transactions are
    about: themselves, their refunds or splits."""
    return [row["payment_no"] for row in await tx.fetch(_TOUCHED, after, last, before)]


async def payments_after(tx: Tx, after: str, limit: int) -> list[str]:
    """The numbers of the next range of payments."""
    return [row["payment_no"] for row in await tx.fetch(_PAYMENTS_AFTER, after, limit)]


async def transactions_after(tx: Tx, after: int, *, upto: int, limit: int) -> list[int]:
    """The ids of the next range of ledger transactions."""
    return [row["id"] for row in await tx.fetch(_TRANSACTIONS_AFTER, after, upto, limit)]


async def differing_payments(tx: Tx, numbers: Sequence[str]) -> list[Difference]:
    """Those of these payments whose columns, refunds, splits, order or ledger do not agree."""
    rows = await tx.fetch(_DIFFERING_PAYMENTS, numbers)
    return [Difference(Part.PAYMENT, row["payment_no"], _detail(row)) for row in rows]


async def broken_transactions(tx: Tx, after: int, last: int) -> list[Difference]:
    """Ledger transactions of a range that do not balance, or are about nothing."""
    rows = await tx.fetch(_BROKEN_TRANSACTIONS, after, last)
    return [Difference(Part.TRANSACTION, str(row["id"]), row["why"]) for row in rows]


async def sums(tx: Tx, after: int, last: int) -> dict[Account, int]:
    """What the postings of a range add up to."""
    return {_account(row): int(row["amount"]) for row in await tx.fetch(_SUMS, after, last)}


async def kept(tx: Tx) -> tuple[int, dict[Account, int]]:
    """The kept sums, and the position up to which they are sums; as of one moment."""
    rows = await tx.fetch(_KEPT)
    held = {_account(row): int(row["amount"]) for row in rows if row["purpose"] is not None}
    return rows[0]["upto"], held


def _account(row: asyncpg.Record) -> Account:
    return Account(row["merchant_id"], row["payment_id"], row["currency"], row["purpose"])


def _detail(row: asyncpg.Record) -> str:
    return ", ".join(_differing(row["names"], row["ours"], row["theirs"]))


def _differing(names: Sequence[str], ours: Sequence[int], theirs: Sequence[int]) -> Sequence[str]:
    return [
        f"{name} is {has}, not {should}"
        for name, has, should in zip(names, ours, theirs, strict=True)
        if has != should
    ]


# A check that was made again by hand on the same night counts as full, if one of them was.
_FINISH = """
insert into ledger_check as known
    (day, finished_at, payments, transactions, differences, is_full, upto)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (day) do update set finished_at = excluded.finished_at,
    payments = excluded.payments, transactions = excluded.transactions,
    differences = excluded.differences, is_full = known.is_full or excluded.is_full,
    upto = excluded.upto
"""

_BASE = """
select upto, finished_at from ledger_check
where upto is not null and day >= $1
  and exists (select from ledger_check where day >= $1 and is_full)
order by day desc limit 1
"""

_NAMES: Final = ("merchant_id", "account_id", "currency", "purpose")

_REMEMBER = """
insert into ledger_checked_balance (merchant_id, payment_id, currency, purpose, amount)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::numeric[])
on conflict (merchant_id, payment_id, currency, purpose) do update set amount = excluded.amount
where ledger_checked_balance.amount <> excluded.amount
"""

_REMEMBERED = """
select merchant_id, payment_id, currency, purpose, amount from ledger_checked_balance
"""

_TOUCHED = """
with subjects as materialized (
    select distinct subject from ledger_transaction where id > $1 and id <= $2
), found as (
    select subject as payment_no from subjects where subject like 'P%'
    union
    select r.payment_no from subjects join refunds r on r.refund_no = subject
    union
    select s.payment_no from subjects join splits s on s.split_no = subject
)
select payment_no from found where payment_no < $3 order by payment_no
"""

_PAYMENTS_AFTER = """
select payment_no from payments where payment_no > $1 order by payment_no limit $2
"""

_TRANSACTIONS_AFTER = """
select id from ledger_transaction where id > $1 and id <= $2 order by id limit $3
"""

# What the rows say (of refunds, splits and orders) beside what columns and ledger say. Debits are
# positive, so what is on its way to others, or with them, is negative.
_DIFFERING_PAYMENTS = """
with page as materialized (
    select p.*, o.merchant_id, o.state as order_state, o.amount_paid as order_paid,
        o.amount_refunded as order_refunded
    from payments p join orders o using (order_id)
    where p.payment_no = any ($1::text[])
), refunded as materialized (
    select r.payment_no, r.refund_no, r.amount, r.state,
        r.decided is not distinct from 'settled_outside' as is_outside
    from page join refunds r using (order_id, payment_no)
), refunds_of as (
    select payment_no,
        coalesce(sum(amount) filter (where state in ('processing', 'abnormal')), 0) as in_flight,
        coalesce(sum(amount) filter (where state = 'succeeded' and not is_outside), 0) as returned,
        coalesce(sum(amount) filter (where state = 'succeeded' and is_outside), 0) as outside
    from refunded group by payment_no
), subjects as materialized (
    select payment_no, payment_no as subject from page
    union all select payment_no, refund_no from refunded
    union all select s.payment_no, s.split_no from page join splits s using (payment_no)
), booked as (
    select page.payment_no,
        coalesce(sum(l.amount) filter (where purpose = 'channel_receivable'), 0) as receivable,
        coalesce(sum(l.amount) filter (where purpose = 'refunds_in_flight'), 0) as in_flight,
        coalesce(sum(l.amount) filter (where purpose = 'returned_outside'), 0) as outside,
        coalesce(sum(l.amount) filter (
            where purpose in ('splits_in_flight', 'split_receivers')), 0) as split,
        count(*) filter (where (l.merchant_id, l.payment_id, l.currency)
            is distinct from (page.merchant_id, page.payment_id, page.currency)) as elsewhere
    from subjects
    join ledger_transaction t using (subject)
    join ledger_posting l on l.transaction_id = t.id
    join page using (payment_no)
    group by page.payment_no
), compared as (
    select page.payment_no,
        array[page.refund_reserved, page.amount_refunded, page.order_paid, page.order_refunded,
            coalesce(b.receivable, 0), coalesce(b.in_flight, 0), coalesce(b.outside, 0),
            coalesce(b.split, 0), coalesce(b.elsewhere, 0)]::numeric[] as ours,
        array[
            coalesce(r.in_flight + r.returned + r.outside, 0),
            coalesce(r.returned + r.outside, 0),
            (select coalesce(sum(amount), 0) from payments s
             where s.order_id = page.order_id and s.settles),
            (select coalesce(sum(amount_refunded), 0) from payments s
             where s.order_id = page.order_id and s.settles),
            case when page.state = 'succeeded' then page.amount else 0 end
                - coalesce(r.returned, 0),
            -coalesce(r.in_flight, 0),
            -coalesce(r.outside, 0),
            -page.split_reserved,
            0]::numeric[] as theirs
    from page
    left join refunds_of r using (payment_no)
    left join booked b using (payment_no)
)
select payment_no, ours, theirs, array['refund_reserved', 'amount_refunded', 'order.amount_paid',
    'order.amount_refunded', 'ledger.channel_receivable', 'ledger.refunds_in_flight',
    'ledger.returned_outside', 'ledger.split', 'ledger.elsewhere'] as names
from compared where ours <> theirs
order by payment_no
"""

_BROKEN_TRANSACTIONS = """
select id, why from (
    select t.id, case
            when not exists (select from payments where payment_no = t.subject)
             and not exists (select from refunds where refund_no = t.subject)
             and not exists (select from splits where split_no = t.subject)
             and not exists (select from statement where statement_no = t.subject)
            then 'nobody knows ' || t.subject
            when (select count(*) from ledger_posting where transaction_id = t.id) < 2
            then 'has not two postings'
            when exists (select from ledger_posting where transaction_id = t.id
                         group by currency having sum(amount) <> 0)
            then 'does not balance'
            when split_part(t.kind, ':', 1) = 'channel_fees_taken' and exists (
                select from ledger_transaction o
                join ledger_posting l on l.transaction_id = o.id and l.purpose = 'channel_fees'
                join statement s on s.statement_no = o.subject
                where o.subject = t.subject
                group by s.statement_no, l.currency
                having sum(l.amount) <> case
                    when s.totals = '[]' then coalesce(s.fees_booked, 0)
                    else coalesce((
                        select (listed ->> 'fees_booked')::bigint
                        from jsonb_array_elements(s.totals) listed
                        where listed ->> 'currency' = l.currency), 0)
                    end)
            then 'is not what statement ' || t.subject || ' booked'
        end as why
    from ledger_transaction t
    where t.id > $1 and t.id <= $2
) read
where why is not null
union all
select distinct l.transaction_id, 'has postings and is not there'
from ledger_posting l
where l.transaction_id > $1 and l.transaction_id <= $2
  and not exists (select from ledger_transaction where id = l.transaction_id)
"""

_SUMS = """
select merchant_id, payment_id, currency, purpose, sum(amount) as amount
from ledger_posting where transaction_id > $1 and transaction_id <= $2
group by merchant_id, payment_id, currency, purpose
"""

_KEPT = """
select p.upto, b.merchant_id, b.payment_id, b.currency, b.purpose, b.amount
from ledger_position p left join ledger_balance b on true
where p.is_only
"""
