"""`/api/reports`: what was paid, refunded and kept, by period and by whom."""

from datetime import date, datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.api import Currency, Method
from contracts.moments import Day
from foundation.money_text import BEIJING
from merchant_admin.api.access import DepsOf, Viewer
from merchant_admin.api.parameters import Text
from merchant_admin.domain import reports as domain
from merchant_admin.domain.reports import By, Grain, Report
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import reports

router = APIRouter(prefix="/api")

DAYS_SHOWN = 7
"""Where no period is given: this day and those before it."""

Rate = Annotated[float | None, Field(description="0 to 1; null where there was nothing")]
MinorUnits = Annotated[int, Field(description="Minor units (分)")]


class ReportQuery(BaseModel):
    """`from` and `to` are Beijing days, both within: the last seven without them. Hour by hour a
    report has 7 days at most, day by day 366."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    grain: Grain = Grain.DAY
    by: By = By.MERCHANT
    currency: Currency = "CNY"
    merchant_id: Text | None = None
    app_id: Text | None = None
    channel: Text | None = None
    method: Method | None = None

    def report(self, scope: Scope, today: date) -> Report:
        """Raises BadPeriod."""
        last = self.last or today
        return Report(
            scope,
            first=self.first or last - timedelta(DAYS_SHOWN - 1),
            last=last,
            grain=self.grain,
            by=self.by,
            currency=self.currency,
            merchant_id=self.merchant_id,
            app_id=self.app_id,
            channel=self.channel,
            method=self.method.value if self.method else None,
        )


class CallbackFigures(BaseModel):
    """Callbacks settled in the period, and after how many attempts in all: of whatever currency."""

    delivered: int
    exhausted: int
    attempts: int
    delivered_rate: Rate


class Figures(BaseModel):
    """`created` counts payments by when they were begun; `succeeded` and `failed` are those of them
    that are so by now. All else counts by when it happened. `late`: paid after they had expired.
    `fees`: null where no channel statement tells them; `net` is `amount - refunded - fees`, as far
    as fees are known. `callbacks`: null where they are not told apart."""

    amount: MinorUnits
    paid: int
    created: int
    succeeded: int
    failed: int
    success_rate: Rate
    late: int
    refunds: int
    refunded: MinorUnits
    fees: Annotated[int | None, Field(description="Minor units (分)")]
    net: MinorUnits
    median_time_to_pay_s: Annotated[
        float | None, Field(description="From creation to payment; about, by buckets")
    ]
    callbacks: CallbackFigures | None

    @classmethod
    def of(cls, result: domain.Figures) -> Self:
        callbacks = result.callbacks
        return cls(
            amount=result.paid_amount,
            paid=result.paid,
            created=result.created,
            succeeded=result.succeeded,
            failed=result.failed,
            success_rate=result.success_rate,
            late=result.late,
            refunds=result.refunds,
            refunded=result.refunded,
            fees=result.fees,
            net=result.net,
            median_time_to_pay_s=result.median_time_to_pay_s,
            callbacks=callbacks
            and CallbackFigures(
                delivered=callbacks.delivered,
                exhausted=callbacks.exhausted,
                attempts=callbacks.attempts,
                delivered_rate=callbacks.delivered_rate,
            ),
        )


class PeriodFigures(Figures):
    begins: Annotated[datetime, Field(description="The hour, day or month, with Beijing's offset")]


class PartFigures(Figures):
    id: Annotated[str, Field(description="The merchant, app, channel or method; empty: not known")]


class ReportView(BaseModel):
    """All but `callbacks` of one currency; `currencies`: those that there is something of, each its
    own report."""

    model_config = ConfigDict(populate_by_name=True)

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    grain: Grain
    by: By
    currency: str
    currencies: list[str]
    total: Figures
    periods: list[PeriodFigures]
    parts: Annotated[list[PartFigures], Field(description="The largest first, 200 at most")]


@router.get("/reports")
async def get_report(
    deps: DepsOf, caller: Viewer, query: Annotated[ReportQuery, Query()]
) -> ReportView:
    """What was paid, refunded and kept in a period; of the caller's own merchants."""
    today = deps.clock().astimezone(BEIJING).date()
    result = await reports.read(deps, query.report(caller.scope, today))
    report = result.report
    return ReportView(
        first=report.first,
        last=report.last,
        grain=report.grain,
        by=report.by,
        currency=report.currency,
        currencies=list(result.currencies),
        total=Figures.of(result.total),
        periods=[
            PeriodFigures(begins=begins, **Figures.of(of_period).model_dump())
            for begins, of_period in result.periods.items()
        ],
        parts=[
            PartFigures(id=part, **Figures.of(of_part).model_dump())
            for part, of_part in result.groups.items()
        ],
    )
