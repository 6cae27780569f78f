"""How the things of a list become the cells of a spreadsheet. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar

from foundation.money_text import BEIJING, plain_amount
from merchant_admin.domain.export_tables import FileKind, Kind, Table

ItemT = TypeVar("ItemT")

FIRST_DAY: Final = datetime(1899, 12, 30, tzinfo=BEIJING)
"""Day 0 of a spreadsheet."""


@dataclass(frozen=True, slots=True)
class Column(Generic[ItemT]):
    """`of`: text, a moment or, for an amount, decimal text; None leaves the cell empty."""

    kind: Kind
    of: Callable[[ItemT], Any]


@dataclass(frozen=True, slots=True)
class Columns(Generic[ItemT]):
    """`name`: of the list."""

    name: str
    columns: Mapping[str, Column[ItemT]]

    @property
    def table(self) -> Table:
        return Table(self.name, {name: column.kind for name, column in self.columns.items()})

    def cells(self, item: ItemT, kind: FileKind) -> list[Any]:
        """Times are Beijing's: text in CSV, the number of days that spreadsheets count in XLSX."""
        return [
            _moment(column.of(item), kind) if column.kind is Kind.TIME else column.of(item)
            for column in self.columns.values()
        ]


def _moment(at: datetime | None, kind: FileKind) -> str | float | None:
    if at is None:
        return None
    there = at.astimezone(BEIJING).replace(microsecond=0)
    if kind is FileKind.CSV:
        return f"{there:%Y-%m-%d %H:%M:%S}"
    return (there - FIRST_DAY).total_seconds() / 86_400


def text(of: Callable[[ItemT], str | None]) -> Column[ItemT]:
    return Column(Kind.TEXT, of)


def day(of: Callable[[ItemT], date]) -> Column[ItemT]:
    return Column(Kind.DAY, lambda item: of(item).isoformat())


def time(of: Callable[[ItemT], datetime | None]) -> Column[ItemT]:
    return Column(Kind.TIME, of)


def number(of: Callable[[ItemT], int | None]) -> Column[ItemT]:
    """How many, or of how much: a number without decimals."""
    return Column(Kind.AMOUNT, lambda item: None if (it := of(item)) is None else str(it))


def money(
    of: Callable[[ItemT], int | None], currency: Callable[[ItemT], str | None]
) -> Column[ItemT]:
    """None, too, where there is no currency yet."""

    def shown(item: ItemT) -> str | None:
        amount, code = of(item), currency(item)
        return None if amount is None or code is None else plain_amount(amount, code)

    return Column(Kind.AMOUNT, shown)


def json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def joined(texts: Any) -> str:
    return " ".join(sorted(texts))
