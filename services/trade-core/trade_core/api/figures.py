"""What merchant-admin reads to show it to people: fees, money over several days, the event log."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from contracts.internal import EventLogPage, FeeSums, PeriodStatement
from trade_core.api.dependencies import BY_ADMIN, DepsOf
from trade_core.flows import read_figures
from trade_core.flows.read_figures import MAX_EVENTS
from trade_core.store.figures import FeePart, FeeQuestion


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.get("/fees", dependencies=BY_ADMIN)(get_fees)
    routes.get("/event-log", dependencies=BY_ADMIN)(get_event_log)
    routes.get("/period-statements", dependencies=BY_ADMIN)(get_period_statement)


async def get_fees(
    deps: DepsOf,
    first: date,
    last: date,
    currency: str,
    by: FeePart,
    by_month: bool = False,
    merchant_id: str | None = None,
    app_id: str | None = None,
    channel: str | None = None,
    merchant_ids: str | None = None,
) -> FeeSums:
    """By the day of the payments, as their channels' statements tell. `merchant_ids`: those that
    may be seen, parted by commas; all where it is not given."""
    seen = None if merchant_ids is None else merchant_ids.split(",")
    question = FeeQuestion(first, last, currency, by, by_month, merchant_id, app_id, channel, seen)
    return await read_figures.read_fees(deps, question)


async def get_period_statement(
    merchant_id: str, deps: DepsOf, first: date, last: date, currency: str
) -> PeriodStatement:
    """What moved of a merchant's money in these Beijing days, both within."""
    return await read_figures.read_period(deps, merchant_id, currency, first, last)


async def get_event_log(
    deps: DepsOf, after: int = 0, limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = MAX_EVENTS
) -> EventLogPage:
    """What was told of orders, from behind a position on, to project it again."""
    return await read_figures.read_event_log(deps, after, limit)
