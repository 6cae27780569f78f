"""Statements as people see them: one, and the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from chassis.database import Tx
from contracts.internal import ReconciliationState, ReconciliationView


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which statements people want to see; None does not filter. `merchant_ids`: of any of them."""

    merchant_id: str | None = None
    account_id: str | None = None
    state: ReconciliationState | None = None
    first_day: date | None = None
    last_day: date | None = None
    channel: str | None = None
    merchant_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the list ended."""

    day: date
    statement_no: str


async def find_view(tx: Tx, statement_no: str) -> ReconciliationView | None:
    row = await tx.fetchrow(_FIND, statement_no)
    return None if row is None else _view(row)


async def list_views(
    tx: Tx, wanted: Wanted, after: Place | None, limit: int
) -> list[ReconciliationView]:
    """The latest day first."""
    rows = await tx.fetch(
        _PAGE,
        wanted.merchant_id,
        wanted.account_id,
        wanted.state,
        wanted.first_day,
        wanted.last_day,
        after.day if after else None,
        after.statement_no if after else None,
        limit,
        wanted.channel,
        wanted.merchant_ids,
    )
    return [_view(row) for row in rows]


def _view(row: asyncpg.Record) -> ReconciliationView:
    others = row["rows"] - row["payments"] - row["refunds"]
    return ReconciliationView.model_validate({**row, "foreign_rows": others})


_FIND = "select * from statement where statement_no = $1"

_PAGE = """
select * from statement
where ($1::text is null or merchant_id = $1) and ($2::text is null or payment_id = $2)
  and ($3::text is null or state = $3)
  and ($4::date is null or day >= $4) and ($5::date is null or day <= $5)
  and ($6::date is null or (day, statement_no) < ($6, $7::text))
  and ($9::text is null or channel = $9) and ($10::text[] is null or merchant_id = any ($10))
order by day desc, statement_no desc
limit $8
"""
