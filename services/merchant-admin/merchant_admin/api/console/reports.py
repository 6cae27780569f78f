"""Reports (报表): a period in figures, charts and the tables behind them, from the roll-ups."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from contracts.words import Words
from foundation.money_text import BEIJING, money
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.charts import Chart, columns
from merchant_admin.api.console.filter_fields import METHOD, REPORTS
from merchant_admin.api.console.filters import CURRENCY, KNOWN_MERCHANTS, day_of
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByViewer
from merchant_admin.domain.errors import BadPeriod
from merchant_admin.domain.reports import By, Figures, Grain, Report, ReportResult
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import apps, channels, merchants, reports
from merchant_admin.flows.deps import Deps

DAYS_SHOWN: Final = 7
HOURLY_UPTO_DAYS: Final = 2
DAILY_UPTO_DAYS: Final = 92
BAD_PERIOD: Final = Words(
    "时间范围不正确或过长：按小时最多 7 天，按日最多 366 天",
    "makes a period that is not valid or too long: by the hour 7 days, by the day 366",
)

router = APIRouter(include_in_schema=False, prefix="/console")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table behind a chart."""

    name: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart, the names of what its columns are, and the table behind it."""

    name: str
    series: tuple[str, ...]
    chart: Chart
    rows: list[Row]


@router.get("/reports")
async def reports_page(request: Request, deps: DepsOf, visitor: SeenByViewer) -> Response:
    """Raises WrongFilters."""
    today = deps.clock().astimezone(BEIJING).date()
    report = _asked(request, visitor.scope, today)
    result = await reports.read(deps, report)
    context = {
        "visitor": visitor,
        "figures": result,
        "report": report,
        "panels": _panels(result),
        "largest": max((it.paid_amount for it in result.groups.values()), default=0),
        "names": await _names(deps, report, result),
        "known_merchants": await merchants.read_newest_names(deps, visitor.scope, KNOWN_MERCHANTS),
        "presets": _presets(today),
        "currencies": sorted({*result.currencies, report.currency}),
        "channels": channels.listed(deps, report.channel),
        "methods": METHOD.choices,
        "grains": list(Grain),
        "parts": list(By),
        "percent": percent,
        "duration": duration,
    }
    return render(request, "reports.html", context)


def percent(rate: float | None) -> str:
    """`98.3%`; a dash for none."""
    return "—" if rate is None else f"{rate * 100:.1f}%"


def duration(seconds: float | None) -> str:
    """`0:42`, `12:05`, `2:03:00`; a dash for none."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _asked(request: Request, scope: Scope, today: date) -> Report:
    """Raises WrongFilters."""
    filters = REPORTS.of(request)
    last = day_of(filters.get("to")) or today
    first = day_of(filters.get("from")) or last - timedelta(DAYS_SHOWN - 1)
    grain = filters.get("grain")
    try:
        return Report(
            scope,
            first=first,
            last=last,
            grain=Grain(grain) if grain else _grain_of((last - first).days + 1),
            by=By(filters.get("by") or By.MERCHANT),
            currency=filters.get("currency") or CURRENCY,
            merchant_id=filters.get("merchant_id") or None,
            app_id=filters.get("app_id") or None,
            channel=filters.get("channel") or None,
            method=filters.get("method") or None,
        )
    except BadPeriod as error:
        end = "to" if filters.get("to") else "from"
        raise filters.refused(end, BAD_PERIOD) from error


def _grain_of(days: int) -> Grain:
    if days <= HOURLY_UPTO_DAYS:
        return Grain.HOUR
    return Grain.DAY if days <= DAILY_UPTO_DAYS else Grain.MONTH


def _presets(today: date) -> dict[str, tuple[date, date]]:
    """By the name of their text: what people look at most."""
    yesterday, month = today - timedelta(1), today.replace(day=1)
    before = month - timedelta(1)
    return {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "last_7_days": (today - timedelta(6), today),
        "last_30_days": (today - timedelta(29), today),
        "this_month": (month, today),
        "last_month": (before.replace(day=1), before),
    }


async def _names(deps: Deps, report: Report, result: ReportResult) -> Mapping[str, str]:
    """Of the merchants or apps that the report names; what is outside the scope has none."""
    wanted = {*result.groups, report.merchant_id or "", report.app_id or ""} - {""}
    if report.by is By.APP:
        return await apps.read_names(deps, report.scope, wanted)
    return await merchants.read_names(deps, wanted) if report.by is By.MERCHANT else {}


def _panels(result: ReportResult) -> list[Panel]:
    def amount(minor_units: float) -> str:
        return money(round(minor_units), result.report.currency)

    panels = [
        _panel(result, "amounts", _AMOUNTS, amount),
        _panel(result, "net", _NET, amount),
        _panel(result, "counts", _COUNTS, _count),
        _panel(result, "success_rate", _SUCCESS_RATE, percent, most=1.0),
        _panel(result, "time_to_pay", _TIME_TO_PAY, duration),
    ]
    if result.total.callbacks is not None:
        panels.append(_panel(result, "callback_health", _CALLBACK_HEALTH, percent, most=1.0))
    return panels


Series = Mapping[str, Callable[[Figures], float | None]]

_AMOUNTS: Final[Series] = {
    "paid_amount": lambda it: it.paid_amount,
    "refunded": lambda it: it.refunded,
}
_NET: Final[Series] = {"net": lambda it: it.net, "fees": lambda it: it.fees}
_COUNTS: Final[Series] = {"created": lambda it: it.created, "paid": lambda it: it.paid}
_SUCCESS_RATE: Final[Series] = {"success_rate": lambda it: it.success_rate}
_TIME_TO_PAY: Final[Series] = {"median": lambda it: it.median_time_to_pay_s}
_CALLBACK_HEALTH: Final[Series] = {
    "delivered_rate": lambda it: it.callbacks.delivered_rate if it.callbacks else None
}


def _panel(
    result: ReportResult,
    name: str,
    series: Series,
    words: Callable[[float], str],
    *,
    most: float | None = None,
) -> Panel:
    names = [_named(begins, result.report) for begins in result.periods]
    values = [[value(it) for it in result.periods.values()] for value in series.values()]
    rows = [
        Row(period, ["—" if value is None else words(value) for value in row])
        for period, row in zip(names, zip(*values, strict=True), strict=True)
    ]
    return Panel(name, tuple(series), columns(names, *values, label=words, most=most), rows)


def _named(begins: datetime, report: Report) -> str:
    """As short as it can be and still be told from the others."""
    if report.grain is Grain.MONTH:
        return f"{begins:%Y-%m}"
    if report.grain is Grain.DAY:
        return f"{begins:%m-%d}"
    return f"{begins:%H:%M}" if report.first == report.last else f"{begins:%m-%d %H:%M}"


def _count(value: float) -> str:
    return f"{value:,g}"
