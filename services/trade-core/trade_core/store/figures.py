"""Sums for people: fees as they were shared out, and day totals of a merchant."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import asyncpg

from chassis.database import Tx


class FeePart(StrEnum):
    MERCHANT = "merchant"
    APP = "app"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class FeeQuestion:
    """`merchant_ids`: of those only; None: of all."""

    first: date
    last: date
    currency: str
    by: FeePart
    by_month: bool
    merchant_id: str | None
    app_id: str | None
    channel: str | None
    merchant_ids: list[str] | None


async def list_fees(tx: Tx, asked: FeeQuestion) -> list[asyncpg.Record]:
    """`period`, `part`, `amount`: by period, by part, and of all."""
    return await tx.fetch(
        _FEES[asked.by, asked.by_month],
        asked.first,
        asked.last,
        asked.currency,
        asked.merchant_id,
        asked.app_id,
        asked.channel,
        asked.merchant_ids,
    )


async def list_movements(
    tx: Tx, merchant_id: str, first: date, last: date, *, upto: int
) -> list[asyncpg.Record]:
    """`app_id`, `currency`, `day` (null for all before the first), `part`, `amount`; in is
    positive. `upto` is the position of the kept totals, seen by the same snapshot."""
    return await tx.fetch(_MOVEMENTS, merchant_id, first, last, upto)


_OF_PERIOD_AND_PART = """
select {period} as period, {part} as part, sum(f.amount)::bigint as amount
from statement s join fee_share f using (statement_no)
where s.day between $1 and $2 and coalesce(f.currency, s.currency) = $3
  and ($4::text is null or s.merchant_id = $4) and ($5::text is null or f.app_id = $5)
  and ($6::text is null or s.channel = $6)
  and ($7::text[] is null or s.merchant_id = any ($7))
group by grouping sets ((1), (2), ())
having count(*) > 0
""".format

_FEES = {
    (part, by_month): _OF_PERIOD_AND_PART(
        period="date_trunc('month', s.day)::date" if by_month else "s.day", part=column
    )
    for part, column in (
        (FeePart.MERCHANT, "s.merchant_id"),
        (FeePart.APP, "f.app_id"),
        (FeePart.CHANNEL, "s.channel"),
    )
    for by_month in (False, True)
}

_MOVEMENTS = """
with moved as (
    select app_id, currency, part, day, amount from day_total
    where merchant_id = $1 and day <= $3
    union all
    select app_id, currency, part, (at at time zone interval '8 hours')::date, amount
    from app_movement
    where transaction_id > $4 and merchant_id = $1 and app_id is not null
      and (at at time zone interval '8 hours')::date <= $3
)
select app_id, currency, case when day >= $2 then day end as day, part,
    sum(amount)::bigint as amount
from moved group by 1, 2, 3, 4
"""
