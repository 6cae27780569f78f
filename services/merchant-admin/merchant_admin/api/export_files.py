"""A list as a file for spreadsheets, CSV or XLSX, made page by page.

In CSV an apostrophe stands before text that would be a formula; in XLSX every text is stored as
text, which no spreadsheet computes. Amounts are numbers with the decimals of their currency, times
are Beijing's.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from fastapi.responses import StreamingResponse
from xlsxwriter import Workbook
from xlsxwriter.format import Format as CellFormat

from foundation.money_text import BEIJING
from foundation.spreadsheets import BOM, csv_text, harmless
from merchant_admin.domain.export_tables import Cell, FoundT, Table

CHUNK_BYTES: Final = 64 * 1024


class FileKind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def download(
    table: Table[FoundT], pages: AsyncIterator[Sequence[FoundT]], kind: FileKind, at: datetime
) -> StreamingResponse:
    """`at`: when, for the name of the file."""
    content = _csv(table, pages) if kind is FileKind.CSV else _xlsx(table, pages)
    name = f"{table.name}-{at.astimezone(BEIJING):%Y%m%d-%H%M%S}.{kind.value}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(content, media_type=MEDIA_TYPES[kind], headers=headers)


async def _csv(
    table: Table[FoundT], pages: AsyncIterator[Sequence[FoundT]]
) -> AsyncIterator[bytes]:
    yield (BOM + csv_text([list(table.columns)])).encode()
    async for found in pages:
        rows = [[_text(cell) for cell in table.row(item)] for item in found]
        yield csv_text(rows).encode()


def _text(cell: Cell) -> str:
    match cell:
        case datetime():
            return f"{cell.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
        case Decimal():
            return str(cell)
        case _:
            return harmless(cell or "")


async def _xlsx(
    table: Table[FoundT], pages: AsyncIterator[Sequence[FoundT]]
) -> AsyncIterator[bytes]:
    """The parts lie on disk until they are packed, and go with the directory whatever happens."""
    with TemporaryDirectory(prefix="export-") as place:
        sheet = _Sheet(Path(place), table.name, list(table.columns))
        async for found in pages:
            rows = [table.row(item) for item in found]
            await asyncio.to_thread(sheet.add, rows)
        packed = await asyncio.to_thread(sheet.pack)
        with packed.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


class _Sheet:
    """One sheet, of which a single row is in memory."""

    def __init__(self, place: Path, name: str, columns: Sequence[str]) -> None:
        self._path = place / f"{name}.xlsx"
        options = {"constant_memory": True, "tmpdir": str(place)}
        self._book = Workbook(str(self._path), options)
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amounts: dict[int, CellFormat] = {}
        self._next = 1
        head = self._book.add_format({"bold": True})
        for column, title in enumerate(columns):
            self._sheet.set_column(column, column, max(14, len(title)))
            self._sheet.write_string(0, column, title, head)

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        for cells in rows:
            for column, cell in enumerate(cells):
                self._write(column, cell)
            self._next += 1

    def pack(self) -> Path:
        self._book.close()
        return self._path

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case datetime():
                local = cell.astimezone(BEIJING).replace(tzinfo=None, microsecond=0)
                self._sheet.write_datetime(self._next, column, local, self._time)
            case Decimal():
                # Exact: an amount has at most 15 digits.
                self._sheet.write_number(self._next, column, float(cell), self._amount(cell))
            case str():
                self._sheet.write_string(self._next, column, cell)
            case None:
                pass

    def _amount(self, amount: Decimal) -> CellFormat:
        digits = -int(amount.as_tuple().exponent)
        if digits not in self._amounts:
            pattern = f"0.{'0' * digits}" if digits else "0"
            self._amounts[digits] = self._book.add_format({"num_format": pattern})
        return self._amounts[digits]
