"""Orders, payments, refunds and splits as files: the database makes their cells."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final, Generic

from merchant_admin.domain.export_tables import FileKind, Found, Table
from merchant_admin.flows.deps import Deps
from merchant_admin.store import export_rows
from merchant_admin.store.export_rows import SearchT, Source

PAGE: Final = 1_000
"""What one export has in memory."""


@dataclass(frozen=True, slots=True)
class MoneyListing(Generic[SearchT]):
    source: Source[SearchT]
    is_long: bool = True

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def table(self) -> Table:
        return self.source.table

    async def count(self, deps: Deps, query: SearchT, at_most: int, timeout_s: float | None) -> int:
        """No further than `at_most`."""
        counted = replace(query, limit=at_most)
        async with deps.reader.transaction() as tx:
            return await export_rows.count(tx, self.source, counted, timeout_s=timeout_s)

    async def pages(self, deps: Deps, query: SearchT, kind: FileKind) -> AsyncIterator[Found]:
        """Each page in a transaction of its own: a slow reader holds no connection."""
        query = replace(query, limit=PAGE)
        while True:
            async with deps.reader.transaction() as tx:
                rows = await export_rows.read_page(tx, self.source, kind, query)
            if rows.found:
                yield Found(rows.found, rows.found)
            if rows.after is None:
                return
            query = replace(query, after=rows.after)


ORDERS: Final = MoneyListing(export_rows.ORDERS)
PAYMENTS: Final = MoneyListing(export_rows.PAYMENTS)
REFUNDS: Final = MoneyListing(export_rows.REFUNDS)
SPLITS: Final = MoneyListing(export_rows.SPLITS)
