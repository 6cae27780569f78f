"""A channel's statement of one day (渠道账单), as asked for and as read."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from contracts.money import Money
from contracts.words import Words

StatementKind = Literal["trade", "funds"]
RowKind = Literal["payment", "refund", "other", "unreadable"]
RowStatus = Literal["done", "under_way", "failed"]


class UnreadableFile(Exception):
    """What a person uploaded is no statement of this channel, or of another day; `words` say why.
    They show nothing of what is in it."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Words(zh, en)


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """`day` in the channel's own time zone. `trade`: what was paid and refunded; `funds`: what
    moved on the merchant's account. `after`: where the page before said that it goes on."""

    day: date
    kind: StatementKind
    after: str = ""


@dataclass(frozen=True, slots=True)
class StatementPlace:
    """Where the file lies for a short while, and what it must hash to where the channel says so."""

    url: str
    sha1: str | None = None


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One movement as the channel booked it; `amount` came in, or went out where it is negative.

    `payment_no` and `refund_no` are ours as the channel noted them, "" where it names none;
    `channel_no` is its own of the trade or, in a row about a refund, of the refund. A refund made
    without us goes by `refund_no` or, where that is "", by `channel_no`: the number that the
    channel's notifications of it have, or it is booked twice (`money-moved-outside`). `fee` (minor
    units of the same currency) is what the channel kept of it, negative where it gave that back.
    `status`: the money was moved, is on its way, or was not moved after all. `queried_as`: of a
    refund made without us that is on its way, the number with which the plugin's `query_refund`
    asks about it, "" where it cannot. `day`: by which the channel puts it into a statement, where
    it says so: it may have been done after that day's midnight. An `unreadable` row says nothing of
    money: `raw` is its clean text, `line` its line in the file, from 1. `exact_fee` is the fee
    where it is finer than the minor unit, and `fee` the nearest whole one, until the fees of the
    file are rounded together.
    """

    kind: RowKind
    payment_no: str
    refund_no: str
    channel_no: str
    amount: Money
    at: datetime | None
    fee: int = 0
    status: RowStatus = "done"
    raw: str = ""
    line: int | None = None
    queried_as: str = ""
    day: date | None = None
    exact_fee: Decimal | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """All rows of the day, in the file's order; none where nothing was moved."""

    rows: tuple[StatementRow, ...]


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Some rows of a statement that is told piece by piece; `after`: where it goes on."""

    rows: tuple[StatementRow, ...]
    after: str
