"""Tables for spreadsheets as CSV (RFC 4180): nobody's text in them is a formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

BOM: Final = "\ufeff"
"""The byte order mark tells spreadsheets that a file is UTF-8."""

FORMULA_STARTS: Final = tuple("=+-@＝＋－＠\t\r\n")
"""What a spreadsheet takes for a formula (in Chinese ones in full width too), were it the text of
an app or a channel."""


def harmless(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


TAKEN_FOR_NUMBERS: Final = re.compile(r"[0-9]{16,}|0[0-9]+|[0-9]+[eE][0-9]+")
"""Numbers of orders that a spreadsheet would compute with: it keeps 15 digits, drops zeros in
front, and takes 12E3 for 12000."""


def unrounded(text: str) -> str:
    """With a tab behind what a spreadsheet would round, as the bills of Alipay have it."""
    return f"{text}\t" if TAKEN_FOR_NUMBERS.fullmatch(text) else text


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """The lines of these rows; texts of others go through `harmless` before."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
