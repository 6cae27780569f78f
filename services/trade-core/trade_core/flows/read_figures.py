"""What people are shown: fees as the channels' statements tell, a merchant's money over some days,
and the event log, for what they search."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from chassis import outbox
from chassis.problems import FieldError, InvalidRequest, Overloaded
from contracts import topics
from contracts.internal import (
    EventLogPage,
    FeeSum,
    FeeSums,
    LoggedEvent,
    Movement,
    Opening,
    PeriodStatement,
)
from trade_core.domain.reconciliation import day_of
from trade_core.flows.deps import Deps
from trade_core.flows.read_day_statement import MAX_BEHIND
from trade_core.flows.read_ledger import SETTLED_AFTER
from trade_core.store import day_statements, figures
from trade_core.store.figures import FeeQuestion

MAX_FEE_DAYS: Final = 3660
MAX_DAYS: Final = 31
"""A statement is of a month at most."""

MAX_EVENTS: Final = 500
"""Of the log in one answer: a megabyte or two."""


async def read_fees(deps: Deps, asked: FeeQuestion) -> FeeSums:
    """Raises InvalidRequest for a period that is none, or too long."""
    _check(asked.first, asked.last, MAX_FEE_DAYS)
    async with deps.reader.connection() as tx:
        rows = await figures.list_fees(tx, asked)
    return FeeSums(items=[FeeSum.model_validate(dict(row)) for row in rows])


async def read_event_log(deps: Deps, after: int, limit: int) -> EventLogPage:
    """The order events of all apps behind a position, in order."""
    logged = await outbox.list_topic(deps.db, topics.ORDER_EVENTS, after, limit)
    return EventLogPage(
        items=[
            LoggedEvent(position=it.position, event=json.loads(it.event.payload)) for it in logged
        ]
    )


async def read_period(
    deps: Deps, merchant_id: str, currency: str, first: date, last: date
) -> PeriodStatement:
    """Raises InvalidRequest as `read_fees` does, and Overloaded as a day's statement does."""
    _check(first, last, MAX_DAYS)
    now = deps.clock()
    async with deps.reader.snapshot() as tx:
        position = await day_statements.get_position(tx)
        if position.latest - position.upto > MAX_BEHIND:
            raise Overloaded("Statements are still being added up.", retry_after_s=60)
        rows = await figures.list_movements(tx, merchant_id, first, last, upto=position.upto)
    moved = [row for row in rows if row["currency"] == currency]
    return PeriodStatement(
        merchant_id=merchant_id,
        currency=currency,
        currencies=sorted({row["currency"] for row in rows}),
        is_final=day_of(now - SETTLED_AFTER) > last,
        openings=_openings(moved),
        movements=_movements(moved),
    )


def _openings(rows: Iterable[Any]) -> list[Opening]:
    before: dict[str, int] = {}
    for row in rows:
        opened = row["amount"] if row["day"] is None else 0
        before[row["app_id"]] = before.get(row["app_id"], 0) + opened
    return [Opening(app_id=app_id, amount=amount) for app_id, amount in sorted(before.items())]


def _movements(rows: Iterable[Any]) -> list[Movement]:
    days: dict[tuple[date, str], dict[str, int]] = {}
    for row in rows:
        if row["day"] is not None:
            days.setdefault((row["day"], row["app_id"]), {})[row["part"]] = row["amount"]
    return [
        Movement(
            app_id=app_id,
            day=day,
            captured=parts.get("captured", 0),
            refunded=-parts.get("refunded", 0),
            split=-parts.get("split", 0),
            fees=-parts.get("fees", 0),
        )
        for (day, app_id), parts in sorted(days.items())
    ]


def _check(first: date, last: date, most: int) -> None:
    if not timedelta(0) <= last - first < timedelta(most):
        raise InvalidRequest(
            "The period is not valid.",
            errors=[FieldError("/last", f"must be within {most} days of `first`")],
        )
