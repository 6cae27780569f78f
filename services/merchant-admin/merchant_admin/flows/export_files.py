"""A list as a file for spreadsheets, CSV or XLSX, made page by page.

In CSV an apostrophe stands before text that would be a formula; in XLSX every text is stored as
text, which no spreadsheet computes. Amounts are numbers with the decimals of their currency, times
are Beijing's.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format as CellFormat

from foundation.money_text import BEIJING
from foundation.spreadsheets import BOM, csv_text, harmless
from merchant_admin.domain.export_tables import FileKind, Kind, Table

CHUNK_BYTES: Final = 64 * 1024

MEDIA_TYPES: Final = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Pages = AsyncIterator[Sequence[Sequence[Any]]]
"""Rows whose first cells are those of the table; what stands behind them is not written."""


def content(table: Table, pages: Pages, kind: FileKind) -> AsyncIterator[bytes]:
    """The bytes of the file."""
    return _csv(table, pages) if kind is FileKind.CSV else _xlsx(table, pages)


def headers(table_name: str, kind: FileKind, at: datetime) -> dict[str, str]:
    """`at`: when, for the name of the file."""
    name = f"{table_name}-{at.astimezone(BEIJING):%Y%m%d-%H%M%S}.{kind.value}"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


async def _csv(table: Table, pages: Pages) -> AsyncIterator[bytes]:
    yield (BOM + csv_text([list(table.columns)])).encode()
    is_text = [kind is Kind.TEXT for kind in table.columns.values()]
    async for found in pages:
        rows = [
            [
                harmless(cell) if cell and text else cell or ""
                for cell, text in zip(row, is_text, strict=False)
            ]
            for row in found
        ]
        yield csv_text(rows).encode()


async def _xlsx(table: Table, pages: Pages) -> AsyncIterator[bytes]:
    """The parts lie on disk until they are packed, and go with the directory whatever happens."""
    with TemporaryDirectory(prefix="export-") as place:
        sheet = _Sheet(Path(place), table)
        async for found in pages:
            await asyncio.to_thread(sheet.add, found)
        packed = await asyncio.to_thread(sheet.pack)
        with packed.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


class _Sheet:
    """One sheet, of which a single row is in memory."""

    def __init__(self, place: Path, table: Table) -> None:
        self._path = place / f"{table.name}.xlsx"
        options = {"constant_memory": True, "tmpdir": str(place)}
        self._book = Workbook(str(self._path), options)
        self._sheet = self._book.add_worksheet(table.name)
        self._sheet.freeze_panes(1, 0)
        self._kinds = list(table.columns.values())
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amounts: dict[int, CellFormat] = {}
        self._next = 1
        head = self._book.add_format({"bold": True})
        for column, title in enumerate(table.columns):
            self._sheet.set_column(column, column, max(14, len(title)))
            self._sheet.write_string(0, column, title, head)

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        for cells in rows:
            for column, (kind, cell) in enumerate(zip(self._kinds, cells, strict=False)):
                if cell is not None:
                    self._write(column, kind, cell)
            self._next += 1

    def pack(self) -> Path:
        self._book.close()
        return self._path

    def _write(self, column: int, kind: Kind, cell: Any) -> None:
        match kind:
            case Kind.TEXT:
                self._sheet.write_string(self._next, column, cell)
            case Kind.TIME:
                self._sheet.write_number(self._next, column, cell, self._time)
            case Kind.AMOUNT:
                # Exact: an amount has at most 15 digits.
                self._sheet.write_number(self._next, column, float(cell), self._amount(cell))

    def _amount(self, amount: str) -> CellFormat:
        digits = len(amount.partition(".")[2])
        if digits not in self._amounts:
            pattern = f"0.{'0' * digits}" if digits else "0"
            self._amounts[digits] = self._book.add_format({"num_format": pattern})
        return self._amounts[digits]
