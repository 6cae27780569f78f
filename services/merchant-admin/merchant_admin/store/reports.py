"""Reading the roll-ups: never an order, so whatever there is of them costs the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.reports import MEASURES, By, Callbacks, Figures, Grain, Report
from merchant_admin.domain.scope import Scope
from merchant_admin.store.scope import within

T = TypeVar("T")

_FILTERED: Final = within(
    """
   from {table}
  where hour >= $1 and hour < $2 and ($3::text is null or merchant_id = $3)
    and ($4::text is null or app_id = $4) and ($5::text is null or channel = $5)
    and ($6::text is null or method = $6) and ($7::text is null or currency = $7) and :scope
""",
    "merchant_id",
    8,
)

_CALLBACKS_FILTERED: Final = within(
    """
   from callback_hours
  where hour >= $1 and hour < $2 and ($3::text is null or merchant_id = $3)
    and ($4::text is null or app_id = $4) and :scope
""",
    "merchant_id",
    5,
)

_BEIJING: Final = "interval '8 hours'"
PERIODS: Final[Mapping[Grain, str]] = {
    grain: f"date_trunc('{grain.value}', hour at time zone {_BEIJING}) at time zone {_BEIJING}"
    for grain in Grain
}
GROUPS: Final[Mapping[By, str]] = {
    By.MERCHANT: "merchant_id",
    By.APP: "app_id",
    By.CHANNEL: "channel",
    By.METHOD: "method",
}

_SUMS: Final = """sum(created)::bigint as created, sum(succeeded)::bigint as succeeded,
       sum(failed)::bigint as failed, sum(paid)::bigint as paid,
       sum(paid_amount)::bigint as paid_amount, sum(late)::bigint as late,
       sum(refunds)::bigint as refunds, sum(refunded)::bigint as refunded"""
FIGURES: Final = f"""
select {{period}} as period, {{part}} as part, {_SUMS}
{_FILTERED.format(table="payment_hours")}
 group by grouping sets ((1), (2), ())
"""

WAITS: Final = f"""
select {{period}} as period, {{part}} as part, bucket, sum(payments)::bigint as payments
{_FILTERED.format(table="time_to_pay_hours")}
 group by grouping sets ((1, 3), (2, 3), (3))
"""

CALLBACKS: Final = f"""
select {{period}} as period, {{part}} as part, sum(delivered)::bigint as delivered,
       sum(exhausted)::bigint as exhausted, sum(attempts)::bigint as attempts
{_CALLBACKS_FILTERED}
 group by grouping sets ((1), (2), ())
"""

CURRENCIES: Final = f"""
select currency
{_FILTERED.format(table="payment_hours")}
 group by currency having sum(created + paid + refunds) > 0
 order by sum(paid) desc, currency
"""

HOURS: Final = within(
    f"""
select currency, hour, {_SUMS}
  from payment_hours
 where hour >= $1 and hour < $2 and :scope
 group by currency, hour order by hour
""",  # noqa: S608  # columns of ours
    "merchant_id",
    3,
)


@dataclass(slots=True)
class Grouped(Generic[T]):
    """Of the whole (None for nothing), by period, and by merchant, app, channel or method."""

    total: T | None = None
    periods: dict[datetime, T] = field(default_factory=dict)
    groups: dict[str, T] = field(default_factory=dict)

    def put(self, row: asyncpg.Record, value: T) -> None:
        if row["period"] is not None:
            self.periods[row["period"]] = value
        elif row["part"] is not None:
            self.groups[row["part"]] = value
        else:
            self.total = value


async def read_figures(tx: Tx, report: Report) -> Grouped[Figures]:
    """The sums, without what stands in other roll-ups."""
    found = Grouped[Figures]()
    for row in await tx.fetch(_of(FIGURES, report), *_parameters(report)):
        found.put(row, _figures(row))
    return found


async def read_waits(tx: Tx, report: Report) -> Grouped[dict[int, int]]:
    """Payments by bucket of the time that it took to pay them."""
    found = Grouped[dict[int, int]](total={})
    for row in await tx.fetch(_of(WAITS, report), *_parameters(report)):
        if row["period"] is not None:
            buckets = found.periods.setdefault(row["period"], {})
        elif row["part"] is not None:
            buckets = found.groups.setdefault(row["part"], {})
        else:
            assert found.total is not None  # It was made with the rest.
            buckets = found.total
        buckets[row["bucket"]] = row["payments"]
    return found


async def read_callbacks(tx: Tx, report: Report) -> Grouped[Callbacks]:
    """Not of a channel or method: callbacks are not told apart by those."""
    found = Grouped[Callbacks]()
    by_app = replace(report, by=By.APP if report.by is By.APP else By.MERCHANT)
    parameters = (
        report.begins, report.ends, report.merchant_id, report.app_id, report.scope.parameter,
    )  # fmt: skip
    for row in await tx.fetch(_of(CALLBACKS, by_app), *parameters):
        if row["attempts"] is not None:
            callbacks = Callbacks(row["delivered"], row["exhausted"], row["attempts"])
            found.put(row, callbacks)
    return found


async def list_currencies(tx: Tx, report: Report) -> list[str]:
    """In which something happened in this period, those of the most payments first."""
    parameters = _parameters(replace(report, currency=""))
    return [row["currency"] for row in await tx.fetch(CURRENCIES, *parameters)]


async def list_hours(
    tx: Tx, scope: Scope, begins: datetime, ends: datetime
) -> dict[str, dict[datetime, Figures]]:
    """By currency the sums of each hour in which something happened."""
    hours: dict[str, dict[datetime, Figures]] = {}
    for row in await tx.fetch(HOURS, begins, ends, scope.parameter):
        hours.setdefault(row["currency"], {})[row["hour"]] = _figures(row)
    return hours


def _of(statement: str, report: Report) -> str:
    return statement.format(period=PERIODS[report.grain], part=GROUPS[report.by])


def _parameters(report: Report) -> tuple[object, ...]:
    return (
        report.begins,
        report.ends,
        report.merchant_id,
        report.app_id,
        report.channel,
        report.method,
        report.currency or None,
        report.scope.parameter,
    )


def _figures(row: asyncpg.Record) -> Figures:
    sums: dict[str, Any] = {name: row[name] or 0 for name in MEASURES}
    return Figures(**sums)
