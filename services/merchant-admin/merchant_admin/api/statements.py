"""`/api/statements`: what moved of a merchant's money in a day or month, app by app."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.problems import FieldError, InvalidRequest
from contracts.api import Currency
from contracts.moments import Day
from foundation.money_text import BEIJING
from merchant_admin.api.access import DepsOf, Viewer
from merchant_admin.api.parameters import Text
from merchant_admin.domain.errors import BadPeriod
from merchant_admin.flows import statements
from merchant_admin.flows.statements import Sums

router = APIRouter(prefix="/api")

MAX_DAYS = 31


class StatementQuery(BaseModel):
    """`day` or `month` (`2026-11`); the day before today without them."""

    model_config = ConfigDict(frozen=True)

    merchant_id: Text
    day: Day | None = None
    month: Annotated[str | None, Field(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$")] = None
    currency: Currency = "CNY"
    app_id: Text | None = None

    def period(self, today: date) -> tuple[date, date]:
        """Raises BadPeriod for one to come, InvalidRequest for two."""
        first = last = self.day or today - timedelta(1)
        if self.month is not None and self.day is not None:
            fault = FieldError("/month", "query: is given beside a day, and only one can hold")
            raise InvalidRequest("The request is not valid.", errors=[fault])
        if self.month is not None:
            first = date.fromisoformat(f"{self.month}-01")
            last = min(last_day_of(first), today)
        if first > today or last > today:
            raise BadPeriod(MAX_DAYS)
        return first, last


class SumsView(BaseModel):
    """Minor units (分): `opening + captured - refunded - split - fees = closing`."""

    opening: int
    captured: int
    refunded: int
    split: int
    fees: int
    closing: int


class AppSums(SumsView):
    app_id: str


class DaySums(SumsView):
    day: date


class StatementView(BaseModel):
    """By the Beijing day of booking in the ledger. `days`: those on which anything moved;
    `is_final`: nothing can be booked into the last one any more."""

    merchant_id: str
    first: date
    last: date
    currency: str
    currencies: list[str]
    is_final: bool
    total: SumsView
    apps: list[AppSums]
    days: list[DaySums]


@router.get("/statements")
async def get_statement(
    deps: DepsOf, caller: Viewer, query: Annotated[StatementQuery, Query()]
) -> StatementView:
    """What moved of a merchant's money in a Beijing day or month."""
    first, last = query.period(deps.clock().astimezone(BEIJING).date())
    statement = await statements.read(
        deps,
        caller.scope,
        query.merchant_id,
        first,
        last,
        currency=query.currency,
        app_id=query.app_id,
    )
    return StatementView(
        merchant_id=statement.merchant_id,
        first=statement.first,
        last=statement.last,
        currency=statement.currency,
        currencies=list(statement.currencies),
        is_final=statement.is_final,
        total=SumsView(**_sums(statement.total)),
        apps=[AppSums(app_id=app_id, **_sums(sums)) for app_id, sums in statement.apps.items()],
        days=[DaySums(day=day, **_sums(sums)) for day, sums in statement.days.items()],
    )


def last_day_of(first: date) -> date:
    """Of the month that begins then."""
    return (first + timedelta(MAX_DAYS)).replace(day=1) - timedelta(1)


def _sums(sums: Sums) -> dict[str, int]:
    return {name: getattr(sums, name) for name in SumsView.model_fields}
