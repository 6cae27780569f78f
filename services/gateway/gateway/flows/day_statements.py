"""What an app's orders moved of a merchant's money in a day; trade-core has it from the ledger."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.api import DayStatement, StatementLine
from gateway.flows.deps import Deps

FILE_PAGE: Final = 1_000
"""Lines of a file that are in memory at once."""

FILE_PATIENCE_S: Final = 30.0
"""Whoever has half of a file waits rather than begin again."""


@dataclass(frozen=True, slots=True)
class DayQuery:
    """`merchant_id` is one of the app's."""

    app_id: str
    merchant_id: str
    currency: str
    day: date


async def get_day_statement(
    deps: Deps, query: DayQuery, *, after: str | None, limit: int
) -> DayStatement:
    return await deps.trade_core.get(
        DayStatement,
        f"/internal/day-statements/{query.day.isoformat()}",
        {
            "app_id": query.app_id,
            "merchant_id": query.merchant_id,
            "currency": query.currency,
            "after": after,
            "limit": limit,
        },
    )


async def all_lines(deps: Deps, query: DayQuery) -> AsyncIterator[list[StatementLine]]:
    """The lines page by page: at least one page, which may be empty. The first is read by the
    request, which has its place in the app's line; each other stands in line for itself."""
    page = await get_day_statement(deps, query, after=None, limit=FILE_PAGE)
    yield page.lines
    while page.next_cursor is not None:
        async with deps.read_lines.place(query.app_id, FILE_PATIENCE_S):
            page = await get_day_statement(deps, query, after=page.next_cursor, limit=FILE_PAGE)
        yield page.lines
