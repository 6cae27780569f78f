"""Workbooks: what goes in comes out, whatever somebody wrote."""

import io
import re
import zipfile
from xml.etree import ElementTree

import pytest

from merchant_admin.domain.errors import TooManyRows
from merchant_admin.domain.export_tables import Kind, Table
from merchant_admin.flows import workbooks
from merchant_admin.flows.workbooks import MAX_CHARS, Book

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPE = re.compile("_x([0-9A-F]{4})_")
TABLE = Table("payments", {"subject": Kind.TEXT, "amount": Kind.AMOUNT, "at": Kind.TIME})


def written(*pages: list[tuple[object, ...]]) -> zipfile.ZipFile:
    book = Book(TABLE)
    content = b"".join([*(book.add(page) for page in pages), book.end()])
    return zipfile.ZipFile(io.BytesIO(content))


def sheet_of(book: zipfile.ZipFile) -> ElementTree.Element:
    return ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))


@pytest.mark.parametrize(
    "text",
    [
        "阳光花园 3栋1201",
        "=1+1",
        "<r><t>&</r>",
        "a & b < c > d \"e\" 'f'",
        " spaces \n lines\t ",
        "\x01\x1f\x7f\x85\r\n",
        "_x0041_ _x _X",
        "\ufffe\uffff\U0001f3e0",
    ],
)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    sheet = sheet_of(written([(text, None, None)]))
    [found] = sheet.iter(f"{MAIN}t")
    assert ESCAPE.sub(lambda code: chr(int(code[1], 16)), found.text or "") == text
    assert list(sheet.iter(f"{MAIN}f")) == []


def test_a_text_beyond_what_a_cell_holds_is_cut() -> None:
    [found] = sheet_of(written([("\U0001f3e0" * 20_000, None, None)])).iter(f"{MAIN}t")
    assert found.text == "\U0001f3e0" * (MAX_CHARS // 2)


def test_amounts_are_numbers_with_the_decimals_of_their_currency() -> None:
    book = written([("a", "12.90", 46348.5), ("b", "1299", None)], [("c", "-0.005", 1.0)])
    sheet = sheet_of(book)
    cells = {cell.get("r"): cell for cell in sheet.iter(f"{MAIN}c")}
    values = {place: cell.findtext(f"{MAIN}v") for place, cell in cells.items()}
    assert [values[place] for place in ("B2", "B3", "B4", "C2")] == [
        "12.90", "1299", "-0.005", "46348.5",
    ]  # fmt: skip
    assert "C3" not in cells
    styles = ElementTree.fromstring(book.read("xl/styles.xml"))
    codes: dict[str | None, str] = {"1": "0", "2": "0.00"}  # built in
    codes |= {
        one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{MAIN}numFmt")
    }
    cell_formats = styles.find(f"{MAIN}cellXfs")
    assert cell_formats is not None
    shown = {
        place: codes.get(cell_formats[int(cells[place].get("s", "0"))].get("numFmtId"), "")
        for place in ("B2", "B3", "B4", "C2")
    }
    assert shown == {"B2": "0.00", "B3": "0", "B4": "0.000", "C2": "yyyy-mm-dd hh:mm:ss"}


def test_an_empty_list_is_a_book_with_its_head() -> None:
    book = written()
    assert book.testzip() is None
    assert [row.get("r") for row in sheet_of(book).iter(f"{MAIN}row")] == ["1"]
    for name in book.namelist():
        ElementTree.fromstring(book.read(name))
    titles = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    assert [it.text for it in titles.iter(f"{MAIN}t")] == list(TABLE.columns)


def test_bytes_are_ready_before_the_last_row() -> None:
    book = Book(TABLE)
    pages = [book.add([(f"{n} {m}", "1.00", n) for n in range(1_000)]) for m in range(10)]
    assert sum(map(bool, pages)) > 5


def test_more_text_than_a_sheet_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_SHEET_BYTES", 1_000)
    book = Book(TABLE)
    with pytest.raises(TooManyRows):
        book.add([("x" * 1_000, None, None)])
