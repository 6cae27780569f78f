"""Tables for spreadsheets as CSV (RFC 4180): nobody's text in them is a formula. Pure."""

import csv
import io
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


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """The lines of these rows; texts of others go through `harmless` before."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
