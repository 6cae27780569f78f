"""Whole lists for spreadsheets: counted and audited first, then read page by page."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from chassis.problems import Overloaded
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import TooManyRows
from merchant_admin.domain.export_tables import FileKind
from merchant_admin.domain.listings import Asked
from merchant_admin.domain.search import Search, SplitSearch
from merchant_admin.flows import export_files
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.listings import Listing
from merchant_admin.flows.recording import record_action
from merchant_admin.store import export_rows
from merchant_admin.store.export_rows import SearchT, Source

__all__ = [
    "ORDERS",
    "PAYMENTS",
    "REFUNDS",
    "SPLITS",
    "Counted",
    "SearchT",
    "Source",
    "export",
    "export_listing",
    "filters",
    "pages",
]

MAX_ROWS: Final = 50_000
"""What is streamed while somebody waits; more is made in the background."""

PAGE: Final = 1_000
"""What one export has in memory."""

ORDERS: Final = export_rows.ORDERS
PAYMENTS: Final = export_rows.PAYMENTS
REFUNDS: Final = export_rows.REFUNDS
SPLITS: Final = export_rows.SPLITS
"""The lists that can be long."""

NO_FILTERS: Final = frozenset({"scope", "after", "limit"})


async def export(
    deps: Deps, actor: Actor, source: Source[SearchT], search: SearchT, *, kind: FileKind
) -> AsyncIterator[bytes]:
    """The file of all that is found, the newest first, made while it is read.

    Raises TooManyRows, and Overloaded while others export; both before the first byte.
    """
    _require_room(deps)
    everything = replace(search, after=None, limit=MAX_ROWS + 1)
    async with deps.db.transaction() as tx:
        rows = await export_rows.count(tx, source, everything)
        if rows > MAX_ROWS:
            raise TooManyRows(MAX_ROWS)
        await record_action(
            tx,
            actor,
            "export.made",
            at=deps.clock(),
            entity_id=source.name,
            after={"format": kind, "rows": rows, **filters(search)},
        )
    found = pages(deps, source, replace(search, after=None, limit=PAGE), kind)
    return export_files.content(source.table, found, kind)


async def export_listing(
    deps: Deps, actor: Actor, listing: Listing[Any], asked: Asked, *, kind: FileKind
) -> AsyncIterator[bytes]:
    """As `export`, of a list that nobody has counted: the file is made before its first byte goes.

    Raises TooManyRows, Overloaded, and Forwarded where another service has the list.
    """
    _require_room(deps)
    counted = Counted(MAX_ROWS)
    async with deps.exports:
        found = counted.through(listing.pages(deps, asked, kind))
        content = [part async for part in export_files.content(listing.columns.table, found, kind)]
    async with deps.db.transaction() as tx:
        await record_action(
            tx,
            actor,
            "export.made",
            at=deps.clock(),
            entity_id=listing.name,
            after={"format": kind, "rows": counted.rows, **filters(asked)},
        )
    return _each(content)


class Counted:
    """How many rows went by; more than `limit` raise TooManyRows."""

    def __init__(self, limit: int) -> None:
        self.rows = 0
        self._limit = limit

    async def through(
        self, found: AsyncIterator[Sequence[Sequence[Any]]]
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        async for page in found:
            self.rows += len(page)
            if self.rows > self._limit:
                raise TooManyRows(self._limit)
            yield page


async def pages(
    deps: Deps, source: Source[SearchT], search: SearchT, kind: FileKind
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """Each page in a transaction of its own: a slow reader holds no connection."""
    async with deps.exports:
        while True:
            async with deps.db.transaction() as tx:
                rows = await export_rows.read_page(tx, source, kind, search)
            if rows.found:
                yield rows.found
            if rows.after is None:
                return
            search = replace(search, after=rows.after)


def filters(search: Search | SplitSearch | Asked) -> dict[str, Any]:
    """What somebody asked for, by name."""
    if isinstance(search, Asked):
        return dict(search.filters)
    given = {field.name: getattr(search, field.name) for field in fields(search)}
    return {
        name: value for name, value in given.items() if value is not None and name not in NO_FILTERS
    }


def _require_room(deps: Deps) -> None:
    if deps.exports.locked():
        raise Overloaded("Others are exporting; try again shortly.", retry_after_s=10)


async def _each(content: Sequence[bytes]) -> AsyncIterator[bytes]:
    for part in content:
        yield part
