"""Reports: from our roll-ups, and the fees from trade-core, which knows the channel statements."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import structlog

from chassis.problems import Problem
from contracts.internal import FeeSums
from foundation.money_text import BEIJING
from foundation.service_client import Query
from merchant_admin.domain.reports import (
    NOTHING,
    By,
    Callbacks,
    Figures,
    Grain,
    Report,
    ReportResult,
    added,
)
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.store import reports as store
from merchant_admin.store.reports import Grouped

log = structlog.get_logger()

MAX_GROUPS: Final = 200
"""Merchants or apps that a report names; the others are in its sums."""

NO_FEES: Final = FeeSums(items=[])


async def read(deps: Deps, report: Report) -> ReportResult:
    """Raises NoSuch for a merchant outside the scope."""
    if report.merchant_id is not None:
        report.scope.require(report.merchant_id, "merchant")
    async with deps.reader.transaction() as tx:
        figures = await store.read_figures(tx, report)
        waits = await store.read_waits(tx, report)
        callbacks = None
        if report.channel is None and report.method is None:
            callbacks = await store.read_callbacks(tx, report)
        currencies = await store.list_currencies(tx, report)
    fees = await _read_fees(deps, report)
    return _result(report, figures, waits, callbacks, fees, currencies)


@dataclass(frozen=True, slots=True)
class Today:
    """Of one currency: today so far; what was complete at `upto`, and the same hours of yesterday;
    and both days hour by hour, of which `hours` are the 24 figures."""

    currency: str
    so_far: Figures
    today: Figures
    yesterday: Figures
    hours: list[tuple[Figures, Figures]]


async def read_today(deps: Deps, scope: Scope) -> tuple[datetime, list[Today]]:
    """Until when both days are compared, and that by currency, the one of most payments first."""
    now = deps.clock().astimezone(BEIJING)
    begins = datetime.combine(now.date(), time(), BEIJING)
    upto = now.replace(minute=0, second=0, microsecond=0)
    day = timedelta(1)
    async with deps.reader.connection() as tx:
        hours = await store.list_hours(tx, scope, begins - day, begins + day)
    today = [_today(currency, found, begins, upto) for currency, found in hours.items()]
    return upto, sorted(today, key=lambda one: one.so_far.paid + one.yesterday.paid, reverse=True)


def _today(
    currency: str, found: Mapping[datetime, Figures], begins: datetime, upto: datetime
) -> Today:
    by_hour = [begins + timedelta(hours=n) for n in range(24)]
    day = timedelta(1)
    pairs = [(found.get(hour, NOTHING), found.get(hour - day, NOTHING)) for hour in by_hour]
    complete = [pair for hour, pair in zip(by_hour, pairs, strict=True) if hour < upto]
    return Today(
        currency,
        so_far=added(now for now, _ in pairs),
        today=added(now for now, _ in complete),
        yesterday=added(then for _, then in complete),
        hours=pairs,
    )


@dataclass(frozen=True, slots=True)
class _Fees:
    """What is not in there is not known."""

    total: int | None
    periods: Mapping[datetime, int]
    groups: Mapping[str, int]


async def _read_fees(deps: Deps, report: Report) -> _Fees:
    """Of payments of one method nothing is known, and nothing while trade-core does not answer."""
    if report.method is not None:
        return _Fees(None, {}, {})
    merchant_ids = report.scope.parameter
    query: Query = {
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "currency": report.currency,
        "by_month": report.grain is Grain.MONTH,
        "by": "merchant" if report.by is By.METHOD else report.by.value,
        "merchant_id": report.merchant_id,
        "app_id": report.app_id,
        "channel": report.channel,
        "merchant_ids": None if merchant_ids is None else ",".join(merchant_ids),
    }
    try:
        answered = await deps.trade_core.get(FeeSums, "/internal/fees", query)
    except Problem as problem:
        log.info("reports.fees_not_known", code=problem.code)
        answered = NO_FEES
    periods = {
        _begins(item.period): item.amount
        for item in answered.items
        if item.period is not None and report.grain is not Grain.HOUR
    }
    groups = {
        item.part: item.amount
        for item in answered.items
        if item.part is not None and report.by is not By.METHOD
    }
    totals = [item.amount for item in answered.items if item.period is None and item.part is None]
    return _Fees(totals[0] if totals else None, periods, groups)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)


def _result(
    report: Report,
    figures: Grouped[Figures],
    waits: Grouped[dict[int, int]],
    callbacks: Grouped[Callbacks] | None,
    fees: _Fees,
    currencies: list[str],
) -> ReportResult:
    has_groups = callbacks is not None and report.by in (By.MERCHANT, By.APP)
    periods = {
        period: replace(
            figures.periods.get(period, NOTHING),
            fees=fees.periods.get(period),
            callbacks=callbacks.periods.get(period, Callbacks()) if callbacks else None,
            waits=waits.periods.get(period),
        )
        for period in report.periods
    }
    groups = {
        part: replace(
            of_part,
            fees=fees.groups.get(part),
            callbacks=callbacks.groups.get(part, Callbacks()) if callbacks and has_groups else None,
            waits=waits.groups.get(part),
        )
        for part, of_part in figures.groups.items()
    }
    total = replace(
        figures.total or NOTHING,
        fees=fees.total,
        callbacks=(callbacks.total or Callbacks()) if callbacks else None,
        waits=waits.total,
    )
    largest = sorted(groups.items(), key=lambda it: (-it[1].paid_amount, -it[1].created, it[0]))
    return ReportResult(report, currencies, total, periods, dict(largest[:MAX_GROUPS]))
