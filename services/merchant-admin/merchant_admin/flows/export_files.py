"""A list as a file for spreadsheets, CSV or XLSX, made page by page.

In CSV an apostrophe stands before text that would be a formula; in XLSX every text is stored as
text, which no spreadsheet computes. A CSV for people has a tab behind what a spreadsheet would take
for another number, a day or a time; one for programs has it bare. Amounts are numbers with the
decimals of their currency, times are Beijing's.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from foundation.money_text import BEIJING
from foundation.spreadsheets import BOM, csv_text, harmless, unchanged
from merchant_admin.domain.export_tables import FileKind, Kind, Table
from merchant_admin.flows.workbooks import Book

MEDIA_TYPES: Final = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Pages = AsyncIterator[Sequence[Sequence[Any]]]
"""Rows whose first cells are those of the table; what stands behind them is not written."""


def content(
    table: Table, pages: Pages, kind: FileKind, *, for_people: bool
) -> AsyncIterator[bytes]:
    """The bytes of the file."""
    return _csv(table, pages, for_people) if kind is FileKind.CSV else _xlsx(table, pages)


def headers(list_name: str, title: str, kind: FileKind, at: datetime) -> dict[str, str]:
    """Of a file that is called by the `title` in its reader's language; what cannot read that calls
    it by the list. `at`: when it was made."""
    end = f"-{at.astimezone(BEIJING):%Y%m%d-%H%M%S}.{kind.value}"
    names = f'filename="{list_name}{end}"'
    if title != list_name:
        names += f"; filename*=UTF-8''{quote(f'{title}{end}')}"
    return {
        "Content-Disposition": f"attachment; {names}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


async def _csv(table: Table, pages: Pages, for_people: bool) -> AsyncIterator[bytes]:
    yield (BOM + csv_text([list(table.columns)])).encode()
    written = _for_people if for_people else harmless
    is_text = [kind is Kind.TEXT for kind in table.columns.values()]
    async for found in pages:
        rows = [
            [
                written(cell) if cell and text else cell or ""
                for cell, text in zip(row, is_text, strict=False)
            ]
            for row in found
        ]
        yield csv_text(rows).encode()


def _for_people(text: str) -> str:
    return unchanged(harmless(text))


async def _xlsx(table: Table, pages: Pages) -> AsyncIterator[bytes]:
    book = await asyncio.to_thread(Book, table)
    async for found in pages:
        yield await asyncio.to_thread(book.add, found)
    yield await asyncio.to_thread(book.end)
