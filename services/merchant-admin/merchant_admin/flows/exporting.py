"""Whole lists for spreadsheets: counted and audited first, then read page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Generic, TypeVar

from chassis.database import Tx
from chassis.problems import Overloaded
from merchant_admin.domain import export_tables
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import TooManyRows
from merchant_admin.domain.export_tables import FoundT, Table
from merchant_admin.domain.search import (
    FoundOrder,
    FoundPayment,
    FoundRefund,
    FoundSplit,
    Search,
    SplitSearch,
)
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import search as store
from merchant_admin.store import splits

MAX_ROWS: Final = 50_000
"""What a spreadsheet is still read in; more is asked for period by period."""

PAGE: Final = 1_000
"""What one export has in memory."""

NO_FILTERS: Final = frozenset({"scope", "after", "limit"})

SearchT = TypeVar("SearchT", Search, SplitSearch)


@dataclass(frozen=True, slots=True)
class Source(Generic[SearchT, FoundT]):
    """A list that can be exported. `count` counts no further than `limit`."""

    table: Table[FoundT]
    count: Callable[[Tx, SearchT], Awaitable[int]]
    read: Callable[[Tx, SearchT], Awaitable[list[FoundT]]]


ORDERS: Final[Source[Search, FoundOrder]] = Source(
    export_tables.ORDERS, store.count_orders, store.list_orders
)
PAYMENTS: Final[Source[Search, FoundPayment]] = Source(
    export_tables.PAYMENTS, store.count_payments, store.list_payments
)
REFUNDS: Final[Source[Search, FoundRefund]] = Source(
    export_tables.REFUNDS, store.count_refunds, store.list_refunds
)
SPLITS: Final[Source[SplitSearch, FoundSplit]] = Source(
    export_tables.SPLITS, splits.count_splits, splits.list_splits
)


async def export(
    deps: Deps, actor: Actor, source: Source[SearchT, FoundT], search: SearchT, *, kind: str
) -> AsyncIterator[Sequence[FoundT]]:
    """The pages of all that is found, the newest first; `kind` of file, for the audit.

    Raises TooManyRows, and Overloaded while others export; both before the first page.
    """
    if deps.exports.locked():
        raise Overloaded("Others are exporting; try again shortly.", retry_after_s=10)
    everything = replace(search, after=None, limit=MAX_ROWS + 1)
    async with deps.db.transaction() as tx:
        rows = await source.count(tx, everything)
        if rows > MAX_ROWS:
            raise TooManyRows(MAX_ROWS)
        await record_action(
            tx,
            actor,
            "export.made",
            at=deps.clock(),
            entity_id=source.table.name,
            after={"format": kind, "rows": rows, **_filters(search)},
        )
    return _pages(deps, source, replace(search, after=None, limit=PAGE))


async def _pages(
    deps: Deps, source: Source[SearchT, FoundT], search: SearchT
) -> AsyncIterator[Sequence[FoundT]]:
    """Each page in a transaction of its own: a slow reader holds no connection."""
    async with deps.exports:
        while True:
            async with deps.db.transaction() as tx:
                found = await source.read(tx, search)
            if found:
                yield found
            if len(found) < search.limit:
                return
            search = replace(search, after=found[-1].position)


def _filters(search: Search | SplitSearch) -> dict[str, Any]:
    given = {field.name: getattr(search, field.name) for field in fields(search)}
    return {
        name: value for name, value in given.items() if value is not None and name not in NO_FILTERS
    }
