"""One table as an XLSX workbook, in bytes that can be sent while its rows are still read.

xlsxwriter makes the book: its parts, its formats, the head, and one model row for each number of
decimals. The rows are written as those models, straight into the packed sheet: a call of the
library for each cell takes three times as long as reading the row, and lets nothing be sent before
the last one.
Source: ECMA-376-1, 18.3.1: `sheetData` holds the rows, `is` a text within its cell.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any, Final
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from contracts.money import MINOR_DIGITS
from merchant_admin.domain.errors import TooManyRows
from merchant_admin.domain.export_tables import Kind, Table

MAX_SHEET_BYTES: Final = 2**31 - 2**24
"""What a part of a ZIP file may hold, unpacked, for every reader; and a little less."""

MAX_CHARS: Final = 32_767
"""Of a cell, counted as UTF-16 does; what is longer is cut."""

LEVEL: Final = 1
"""Of packing: the usual one makes files smaller by a fifth, and takes three times as long."""

NARROWEST: Final = 14
SHEET: Final = "xl/worksheets/sheet1.xml"
MODELS: Final = re.compile(rb"(?P<head>.*?)<row r=\"2\".*(?P<tail></sheetData>.*)", re.DOTALL)
DIMENSION: Final = re.compile(rb"<dimension [^>]*/>")
"""How many rows there are; not known yet, and not needed."""

DIGITS: Final = sorted(set(MINOR_DIGITS.values()))
NOT_PLAIN: Final = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[&<>]|_x")
ESCAPED: Final = re.compile(f"{NOT_PLAIN.pattern.removesuffix('_x')}_(?=x[0-9A-Fa-f]{{4}}_)")
ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

Write = Callable[[Any], str]
"""What stands in a cell of the file behind its place."""


class Book:
    """Written once, from top to bottom: each call answers the bytes that are ready."""

    def __init__(self, table: Table) -> None:
        model = _model(table)
        self._packed = _Packed()
        self._zip = ZipFile(self._packed, "w", ZIP_DEFLATED, compresslevel=LEVEL)
        with ZipFile(model) as parts:
            for name in parts.namelist():
                if name != SHEET:
                    self._zip.writestr(name, parts.read(name))
            sheet = parts.read(SHEET)
        divided = MODELS.fullmatch(DIMENSION.sub(b"", sheet))
        assert divided is not None
        self._cells = list(_cells(table, sheet.decode()))
        self._tail = divided["tail"]
        self._rows = self._bytes = 0
        self._sheet = self._zip.open(SHEET, "w")
        self._sheet.write(divided["head"])

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Raises TooManyRows where their text is more than a sheet holds."""
        first = self._rows + 2
        text = "".join(self._row(place, row) for place, row in enumerate(rows, first)).encode()
        self._rows += len(rows)
        self._bytes += len(text)
        if self._bytes > MAX_SHEET_BYTES:
            raise TooManyRows(self._rows)
        self._sheet.write(text)
        return self._packed.taken()

    def end(self) -> bytes:
        self._sheet.write(self._tail)
        self._sheet.close()
        self._zip.close()
        return self._packed.taken()

    def _row(self, place: int, row: Sequence[Any]) -> str:
        cells = [
            f'<c r="{column}{place}"{write(value)}</c>'
            for (column, write), value in zip(self._cells, row, strict=False)
            if value is not None
        ]
        return f'<row r="{place}">{"".join(cells)}</row>'


class _Packed:
    """What ZipFile writes to: bytes that somebody takes away meanwhile."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, content: bytes) -> int:
        self._waiting += content
        return len(content)

    def flush(self) -> None:
        """Nothing lies further down."""

    def close(self) -> None:
        """Nor is anything held."""

    def taken(self) -> bytes:
        content = bytes(self._waiting)
        self._waiting.clear()
        return content


def _model(table: Table) -> BytesIO:
    """A workbook with the head, and below it a row for each of `DIGITS`."""
    made = BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        head = book.add_format({"bold": True})
        time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        amounts = [book.add_format({"num_format": f"{0:.{digits}f}"}) for digits in DIGITS]
        for column, (title, kind) in enumerate(table.columns.items()):
            sheet.set_column(column, column, max(NARROWEST, _width(title)))
            sheet.write_string(0, column, title, head)
            for row, amount in enumerate(amounts, 1):
                sheet.write_number(row, column, 0, time if kind is Kind.TIME else amount)
    made.seek(0)
    return made


def _width(text: str) -> int:
    """In digits, of which a Chinese character takes two."""
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def _cells(table: Table, sheet: str) -> Iterator[tuple[str, Write]]:
    """Of each column its letters, and how its values are written."""
    for column, kind in enumerate(table.columns.values()):
        letters = xl_col_to_name(column)
        styles = [_style(sheet, f"{letters}{row}") for row, _ in enumerate(DIGITS, 2)]
        yield letters, _writer(kind, styles)


def _style(sheet: str, cell: str) -> str:
    found = re.search(f'<c r="{cell}"( s="\\d+")', sheet)
    assert found is not None
    return found[1]


def _writer(kind: Kind, styles: Sequence[str]) -> Write:
    match kind:
        case Kind.TEXT | Kind.DAY:
            return _text
        case Kind.TIME:
            return lambda days: f"{styles[0]}><v>{days:.16G}</v>"
        case Kind.AMOUNT:
            by_digits = dict(zip(DIGITS, styles, strict=True))
            # Exact: an amount has at most 15 digits.
            return lambda amount: f"{by_digits[len(amount.partition('.')[2])]}><v>{amount}</v>"


def _text(text: str) -> str:
    """A text within its cell: no spreadsheet computes it."""
    if len(text) > MAX_CHARS // 2:
        text = text.encode("utf-16-le")[: MAX_CHARS * 2].decode("utf-16-le", "ignore")
    if NOT_PLAIN.search(text):
        text = ESCAPED.sub(_escape, text)
    return f' t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'


def _escape(found: re.Match[str]) -> str:
    """Characters that XML does not know, and what looks like one of those, by their number."""
    character = found[0]
    return ENTITIES.get(character) or f"_x{ord(character):04X}_"
