"""The lines of a day statement as CSV (RFC 4180) for spreadsheets. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from typing import Final

from contracts.api import StatementLine
from contracts.money import Money

BEIJING: Final = timezone(timedelta(hours=8))

COLUMNS: Final = (
    "time_beijing",
    "kind",
    "amount_decimal",
    "currency",
    "channel",
    "payment_id",
    "merchant_order_no",
    "payment_no",
    "channel_trade_no",
    "refund_no",
    "merchant_refund_no",
    "split_no",
    "merchant_split_no",
)

FORMULA_STARTS: Final = tuple("=+-@＝＋－＠\t\r\n")
"""What a spreadsheet takes for a formula (in Chinese ones in full width too), were it the text of
an app or a channel."""


def rows(lines: Iterable[StatementLine]) -> str:
    return _written([_cells(line) for line in lines])


def _cells(line: StatementLine) -> list[str]:
    amount = Money(line.amount, line.currency).decimal()
    texts = [_harmless(getattr(line, name) or "") for name in COLUMNS[3:]]
    return [f"{line.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}", line.kind, amount, *texts]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _written(cells: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue()


HEADER: Final = "\ufeff" + _written([COLUMNS])
"""The byte order mark tells spreadsheets that it is UTF-8."""
