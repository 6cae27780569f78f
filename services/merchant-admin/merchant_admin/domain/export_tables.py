"""A list as a table for spreadsheets: what stands in its columns. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FileKind(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Kind(StrEnum):
    """Text of anybody; a Beijing day, which spreadsheets know; an amount with the decimals of its
    currency; a moment in Beijing."""

    TEXT = "text"
    DAY = "day"
    AMOUNT = "amount"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Table:
    """`name`: of the list. `columns`: by name what stands in them."""

    name: str
    columns: Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list. `cells`: of its table, in each row; what stands behind them is not written.
    `items`: the things themselves; of what the database makes ready, its rows."""

    cells: Sequence[Sequence[Any]]
    items: Sequence[Any]
