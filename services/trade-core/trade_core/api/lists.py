"""What apps read by pages: their records and their events."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from contracts.api import DayStatement, EventPage, OrderPage, PaymentPage, RefundPage, SplitPage
from contracts.internal import ListQuery
from trade_core.api.dependencies import BY_GATEWAY, DepsOf, Limit
from trade_core.flows import list_records, read, read_day_statement
from trade_core.flows.read_day_statement import MAX_LINES
from trade_core.store.day_statements import Holder


def add_routes(routes: APIRouter) -> None:
    """Each route names those of our services that may call it."""
    routes.get("/events", dependencies=BY_GATEWAY)(list_events)
    routes.post("/lists/payments", dependencies=BY_GATEWAY)(list_payments)
    routes.post("/lists/orders", dependencies=BY_GATEWAY)(list_orders)
    routes.post("/lists/refunds", dependencies=BY_GATEWAY)(list_refunds)
    routes.post("/lists/splits", dependencies=BY_GATEWAY)(list_splits)
    routes.get("/day-statements/{day}", dependencies=BY_GATEWAY)(get_day_statement)


async def list_events(
    app_id: str,
    deps: DepsOf,
    after: str | None = None,
    limit: Limit = 100,
    last: Limit | None = None,
) -> EventPage:
    """The app's events, to synchronise by pulling; `last`: so many of the newest."""
    if last is not None:
        return await read.list_newest_events(deps, app_id, last)
    return await read.list_events(deps, app_id, after, limit)


async def list_payments(query: ListQuery, deps: DepsOf) -> PaymentPage:
    return await list_records.list_payments(deps, query)


async def list_orders(query: ListQuery, deps: DepsOf) -> OrderPage:
    return await list_records.list_orders(deps, query)


async def list_refunds(query: ListQuery, deps: DepsOf) -> RefundPage:
    return await list_records.list_refunds(deps, query)


async def list_splits(query: ListQuery, deps: DepsOf) -> SplitPage:
    return await list_records.list_splits(deps, query)


async def get_day_statement(
    day: date,
    deps: DepsOf,
    app_id: str,
    merchant_id: str,
    currency: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = 100,
) -> DayStatement:
    """What an app's orders moved of a merchant's money within a Beijing day."""
    holder = Holder(app_id, merchant_id, currency)
    return await read_day_statement.get_day_statement(deps, holder, day, after=after, limit=limit)
