"""The statement of a merchant as a file: its rows, as the page has them. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from merchant_admin.domain.list_columns import Columns, day, money, text


class Row(StrEnum):
    """An app over the whole period; all of them together; a day of all of them."""

    APP = "app"
    TOTAL = "total"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """From `first` to `last`, in minor units; `app_id` is None for all of them together."""

    row: Row
    merchant_id: str
    first: date
    last: date
    app_id: str | None
    app: str | None
    currency: str
    opening: int
    captured: int
    refunded: int
    split: int
    fees: int
    closing: int


STATEMENTS: Final[Columns[StatementLine]] = Columns(
    "statements",
    {
        "row": text(lambda it: it.row),
        "first_day": day(lambda it: it.first),
        "last_day": day(lambda it: it.last),
        "merchant_id": text(lambda it: it.merchant_id),
        "app_id": text(lambda it: it.app_id),
        "app": text(lambda it: it.app),
        "opening": money(lambda it: it.opening, lambda it: it.currency),
        "captured": money(lambda it: it.captured, lambda it: it.currency),
        "refunded": money(lambda it: it.refunded, lambda it: it.currency),
        "split": money(lambda it: it.split, lambda it: it.currency),
        "fees": money(lambda it: it.fees, lambda it: it.currency),
        "closing": money(lambda it: it.closing, lambda it: it.currency),
        "currency": text(lambda it: it.currency),
    },
)
