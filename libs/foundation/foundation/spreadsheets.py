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


_MONTH: Final = (
    "jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
    "|oct(ober)?|nov(ember)?|dec(ember)?"
)
_SIGNS: Final = r" .,:/()%+\uff05-\uff0f\uff1a-"

TAKEN_FOR_NUMBERS: Final = re.compile(
    rf"(?=.*[0-9\uff10-\uff19])(?:[0-9\uff10-\uff19{_SIGNS}]+(?:e[+-]?[0-9]+| ?[ap]m| [ap])?"
    rf"|[0-9{_SIGNS}]*(?:{_MONTH})[0-9{_SIGNS}]*)",
    re.ASCII | re.IGNORECASE,
)
"""Numbers of orders and houses that a spreadsheet would make something else of: it keeps 15 digits,
drops zeros at both ends, takes 12E3 for 12000, 3-12 and Mar 5 for days, 12:30 for a time, (5) for
-5."""

KEPT_AS_THEY_ARE: Final = re.compile("0|[1-9][0-9]{0,14}", re.ASCII)


def unchanged(text: str) -> str:
    """With a tab behind what a spreadsheet would change, as the bills of Alipay have it."""
    is_safe = KEPT_AS_THEY_ARE.fullmatch(text) or not TAKEN_FOR_NUMBERS.fullmatch(text)
    return text if is_safe else f"{text}\t"


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """The lines of these rows; texts of others go through `harmless` before."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()
