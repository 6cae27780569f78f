"""Balances of the ledger: sums up to a position, kept, and the few postings behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """An account of the ledger."""

    merchant_id: str
    account_id: str
    currency: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A positive amount is a debit."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True)
class Walked:
    """The transactions behind `after` up to `upto`, so many."""

    after: int
    upto: int
    count: int


async def advance(tx: Tx, *, before: datetime, limit: int) -> Walked:
    """Take up to `limit` transactions into the kept sums; answers which.

    Only those of before a moment, by which every transaction that might still commit an earlier
    one has ended. In one database transaction; two replicas wait for each other.
    """
    upto = await tx.fetchval("select upto from ledger_position for update")
    ids = await list_settled(tx, upto, before=before, limit=limit)
    if ids:
        await tx.execute(_ADD_UP, upto, ids[-1])
        await tx.execute("update ledger_position set upto = $1 where is_only", ids[-1])
    return Walked(upto, ids[-1] if ids else upto, len(ids))


async def list_settled(tx: Tx, upto: int, *, before: datetime, limit: int) -> list[int]:
    """The ledger transactions behind `upto` that were all made before this moment."""
    return [row["id"] for row in await tx.fetch(_SETTLED, upto, before, limit)]


async def list_page(
    tx: Tx,
    *,
    merchant_ids: Sequence[str] | None,
    account_id: str | None,
    after: Account | None,
    limit: int,
) -> Sequence[Balance]:
    """As they are now, in the order of their accounts; None does not filter."""
    place = ("", "", "", "") if after is None else _place(after)
    rows = await tx.fetch(_PAGE, merchant_ids, account_id, *place, limit)
    return [
        Balance(
            Account(row["merchant_id"], row["payment_id"], row["currency"], row["purpose"]),
            int(row["amount"]),
        )
        for row in rows
    ]


def _place(account: Account) -> tuple[str, str, str, str]:
    return account.merchant_id, account.account_id, account.currency, account.purpose


# Not behind the first transaction that is too young, were a younger moment given to an earlier id.
_SETTLED = """
with page as materialized (
    select id, at from ledger_transaction where id > $1 order by id limit $3
)
select id from page
where id < (select coalesce(min(id), 9223372036854775807) from page where at >= $2)
order by id
"""

_ADD_UP = """
insert into ledger_balance (merchant_id, payment_id, currency, purpose, amount)
select merchant_id, payment_id, currency, purpose, sum(amount)
from ledger_posting where transaction_id > $1 and transaction_id <= $2
group by merchant_id, payment_id, currency, purpose
on conflict (merchant_id, payment_id, currency, purpose)
do update set amount = ledger_balance.amount + excluded.amount
"""

_PAGE = """
with kept as (
    select merchant_id, payment_id, currency, purpose, amount from ledger_balance
    union all
    select merchant_id, payment_id, currency, purpose, amount from ledger_posting
    where transaction_id > (select upto from ledger_position where is_only)
)
select merchant_id, payment_id, currency, purpose, sum(amount) as amount
from kept
where ($1::text[] is null or merchant_id = any ($1)) and ($2::text is null or payment_id = $2)
  and (merchant_id, payment_id, currency, purpose) > ($3, $4, $5, $6)
group by merchant_id, payment_id, currency, purpose
order by merchant_id, payment_id, currency, purpose
limit $7
"""
