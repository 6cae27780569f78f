"""Whole lists as files for spreadsheets: counted, audited, then read page by page."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import fields, replace
from typing import Any, Final, Protocol, TypeVar

from chassis.problems import Overloaded
from chassis.web import Language
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import TooManyRows
from merchant_admin.domain.export_tables import FileKind, Found, Table
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.search import Search, SplitSearch
from merchant_admin.flows import export_files
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.flows.wording import WordedFile

MAX_ROWS: Final = 50_000
"""What is made while somebody waits; more is made in the background."""

NO_FILTERS: Final = frozenset({"scope", "after", "limit"})

Query = Search | SplitSearch | ListQuery
QueryT = TypeVar("QueryT", Search, SplitSearch, ListQuery)
AskedT = TypeVar("AskedT", contravariant=True)  # as its neighbours


class Exportable(Protocol[AskedT]):
    """A list that can be a file. `is_long`: it may have more rows than `MAX_ROWS`."""

    @property
    def name(self) -> str: ...

    @property
    def table(self) -> Table: ...

    @property
    def is_long(self) -> bool: ...

    def count(
        self, deps: Deps, query: AskedT, at_most: int, timeout_s: float | None, /
    ) -> Awaitable[int | None]:
        """No further than `at_most`; None where nobody knows before all are read."""

    def pages(self, deps: Deps, query: AskedT, kind: FileKind, /) -> AsyncIterator[Found]: ...


async def export(
    deps: Deps,
    actor: Actor,
    listing: Exportable[QueryT],
    query: QueryT,
    *,
    kind: FileKind,
    language: Language | None,
) -> AsyncIterator[bytes]:
    """The file of all that is found, made while it is read; of a list that nobody has counted,
    before its first byte goes. `language`: of the person for whom it is; None for a program.

    Raises TooManyRows, Overloaded while others export, and Forwarded where another service has the
    list; all before the first byte.
    """
    if deps.exports.locked():
        raise Overloaded("Others are exporting; try again shortly.", retry_after_s=10)
    query = from_the_top(query)
    rows = await listing.count(deps, query, MAX_ROWS + 1, None)
    if rows is not None and rows > MAX_ROWS:
        raise TooManyRows(MAX_ROWS)
    counted = Counted(MAX_ROWS if rows is None else None)
    content = await content_of(deps, listing, query, kind, language=language, counted=counted)
    if rows is None:
        content = _each([zlib.compress(part, 1) async for part in content])
        rows = counted.rows
    async with deps.db.transaction() as tx:
        await record_action(
            tx,
            actor,
            "export.made",
            at=deps.clock(),
            entity_id=listing.name,
            after={"format": kind, "rows": rows, **filters(query)},
        )
    return content


async def content_of(
    deps: Deps,
    listing: Exportable[QueryT],
    query: QueryT,
    kind: FileKind,
    *,
    language: Language | None,
    counted: "Counted",
) -> AsyncIterator[bytes]:
    """The bytes of the file: with the words of a person's language, or as programs read it."""
    found = counted.through(_pages(deps, listing, query, kind))
    if language is None:
        return export_files.content(listing.table, _cells(found), kind, for_people=False)
    worded = await WordedFile.begun(deps, query.scope, listing.table, language)
    return export_files.content(worded.table, worded.rows(found), kind, for_people=True)


class Counted:
    """How many rows went by; more than `limit`, where there is one, raise TooManyRows."""

    def __init__(self, limit: int | None) -> None:
        self.rows = 0
        self._limit = limit

    async def through(self, found: AsyncIterator[Found]) -> AsyncIterator[Found]:
        async for page in found:
            self.rows += len(page.cells)
            if self._limit is not None and self.rows > self._limit:
                raise TooManyRows(self._limit)
            yield page


def filters(query: Query) -> dict[str, Any]:
    """What somebody asked for, by name."""
    if isinstance(query, ListQuery):
        return dict(query.filters)
    given = {field.name: getattr(query, field.name) for field in fields(query)}
    return {
        name: value for name, value in given.items() if value is not None and name not in NO_FILTERS
    }


def from_the_top(query: QueryT) -> QueryT:
    """The whole of the list, not what is behind a page of it."""
    return query if isinstance(query, ListQuery) else replace(query, after=None)


async def _pages(
    deps: Deps, listing: Exportable[QueryT], query: QueryT, kind: FileKind
) -> AsyncIterator[Found]:
    """When it is its turn: so many are made at once."""
    async with deps.exports:
        async for found in listing.pages(deps, query, kind):
            yield found


async def _cells(found: AsyncIterator[Found]) -> AsyncIterator[Sequence[Sequence[Any]]]:
    async for page in found:
        yield page.cells


async def _each(compressed: Sequence[bytes]) -> AsyncIterator[bytes]:
    """A file that is held while somebody takes it takes a quarter of its size."""
    for part in compressed:
        yield zlib.decompress(part)
