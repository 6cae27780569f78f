"""The lines of a day statement as CSV for spreadsheets. Pure."""

from collections.abc import Iterable
from typing import Final

from contracts.api import StatementLine
from contracts.money import Money
from foundation.money_text import BEIJING
from foundation.spreadsheets import BOM, csv_text, harmless

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

HEADER: Final = BOM + csv_text([COLUMNS])


def rows(lines: Iterable[StatementLine]) -> str:
    return csv_text(_cells(line) for line in lines)


def _cells(line: StatementLine) -> list[str]:
    amount = Money(line.amount, line.currency).decimal()
    texts = [harmless(getattr(line, name) or "") for name in COLUMNS[3:]]
    return [f"{line.at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}", line.kind, amount, *texts]
