"""Reconciliation (对账): a channel's statement of a day, brought to trade-core, what came of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.api import Reason
from contracts.internal.decisions import Person
from contracts.internal.message import Message

MAX_PAGE_ROWS: Final = 1_000
"""About a quarter of a megabyte, stored within the time of one call."""


MAX_RAW_CHARS: Final = 512
"""What is shown of a row that cannot be read."""

_Name = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class StatementRow(Message):
    """One movement as the channel booked it; `amount` came in, or went out where it is negative.

    The numbers are "" where the channel names none; `channel_no` is that of the trade or, in a row
    about a refund, of the refund. `fee` (手续费) is what the channel kept of it, negative where it
    gave that back. `status`: the money was moved, is on its way, or was not moved after all.
    `queried_as`: of a refund made without us that is on its way, the number by which the channel
    can be asked about it, "" where it cannot.
    An `unreadable` row says nothing of money: `raw` is its text, cleaned and cut to
    `MAX_RAW_CHARS`, `line` its line in the file, from 1. It becomes a difference of its own.
    """

    kind: Literal["payment", "refund", "other", "unreadable"]
    payment_no: str
    refund_no: str
    channel_no: str
    amount: int
    currency: str
    fee: int
    at: datetime | None
    status: Literal["done", "under_way", "failed"] = "done"
    raw: str = ""
    line: int | None = None
    queried_as: str = ""


class StatementPage(Message):
    """Rows `first_row` and following (counted from 0) of the `total_rows` that the statement has.

    The same page may come twice, pages in any order; it is complete when all its rows are. A day
    without movements is one page without rows. `round` is that of the command.
    """

    round: int
    first_row: Annotated[int, Field(ge=0)]
    total_rows: Annotated[int, Field(ge=0)]
    rows: Annotated[list[StatementRow], Field(max_length=MAX_PAGE_ROWS)]


class NoStatement(Message):
    """The channel gave none. `is_final`: it never will, asking again is in vain. `is_uploaded`:
    people bring the statements of this account, and asking the channel is in vain."""

    round: int
    is_final: bool
    code: str
    message: str
    is_uploaded: bool = False


MAX_UPLOAD_BYTES: Final = 1_500_000
"""Of the file, which goes as base64 in a message of two megabytes: about 10,000 rows."""

MAX_UPLOAD_ROWS: Final = 20_000


class UploadStatement(Message):
    """The file of one day that a person brings, as it is (base64); for the gateway, whose plugin
    reads it."""

    day: date
    content: Annotated[str, Field(min_length=1, max_length=MAX_UPLOAD_BYTES * 4 // 3 + 4)]


class BeginUpload(Message):
    """A file that the gateway has read: `sha256` of its bytes."""

    merchant_id: _Name
    payment_id: _Name
    channel: _Name
    day: date
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class UploadRound(Message):
    """Where the rows go, as this round of the statement. `is_repeat`: this very file is compared
    already, and no rows are wanted."""

    statement_no: str
    round: int
    is_repeat: bool


class UploadedStatement(Message):
    """What came of the file: its rows of the day, of which `unreadable_rows` were set aside as
    differences; `rows_of_other_days` were left out. `is_repeat`: it was there already, and nothing
    was done."""

    statement_no: str
    sha256: str
    rows: int
    unreadable_rows: int
    is_repeat: bool
    rows_of_other_days: int = 0


class StatementReceipt(Message):
    """`is_wanted` False: this round is over, its rows are not needed any more."""

    is_wanted: bool


class ReconciliationState(StrEnum):
    """`awaited`: the statement is asked for at `next_look_at`. `fetching`: it was asked for.
    `comparing`: it is here, and what we have not booked is asked about first. `unavailable`: there
    never will be one. `to_upload`: its channel gives none, and a person is to bring it."""

    AWAITED = "awaited"
    FETCHING = "fetching"
    COMPARING = "comparing"
    MATCHED = "matched"
    DIFFERS = "differs"
    UNAVAILABLE = "unavailable"
    TO_UPLOAD = "to_upload"


class DifferenceKind(StrEnum):
    """`not_booked`: the channel moved money that our books do not have. `not_billed`: the other way
    round. `amount`: both have it, with other amounts or currencies. `unknown_number`: it has the
    form of our numbers, and nobody here knows it. `unreadable_row`: one that could not be read,
    while the others are compared."""

    NOT_BOOKED = "not_booked"
    NOT_BILLED = "not_billed"
    AMOUNT = "amount"
    UNKNOWN_NUMBER = "unknown_number"
    UNREADABLE_ROW = "unreadable_row"


class DifferenceState(StrEnum):
    """`asked`: seen for the first time, its channel was asked; not yet called a difference.
    `closed`: a later comparison agreed. `settled`: a person said why it may stay."""

    ASKED = "asked"
    OPEN = "open"
    CLOSED = "closed"
    SETTLED = "settled"


class DifferenceView(Message):
    """`subject` is our payment_no or refund_no; where a refund has no number of ours (made at the
    channel's own console), that of its payment. What came in is positive, what went out negative.
    `our_status` is that of the payment or refund, None where nobody knows the number. Of an
    `unreadable_row` `subject` is its line and `detail` its text. `version` rises with each change.
    """

    difference_no: str
    statement_no: str
    merchant_id: str
    payment_id: str
    channel: str
    day: date
    kind: DifferenceKind
    about: Literal["payment", "refund", "row"]
    subject: str
    channel_no: str | None
    our_amount: int | None
    our_currency: str | None
    our_status: str | None
    billed_amount: int | None
    billed_currency: str | None
    state: DifferenceState
    found_at: datetime
    closed_at: datetime | None
    reason: str | None = None
    settled_by: str | None = None
    version: int
    detail: str | None = None


class DifferencePage(Message):
    items: list[DifferenceView]
    next_cursor: str | None


class StatementTotal(Message):
    """What a statement lists in one currency; `paid` and `refunded` are both positive. `fees` is
    what the channel kept, `fees_booked` what of it stands in the ledger (None: not booked yet)."""

    currency: str
    payments: int
    paid: int
    refunds: int
    refunded: int
    fees: int
    fees_booked: int | None


class ReconciliationView(Message):
    """The statement of one channel account and day (Beijing time), and how it stands.

    `attempts` counts how often the statement was asked for since it last came; `note` is why it did
    not. Counts, amounts and fees are of the rows about payments that are on file at this account,
    as in StatementTotal; `foreign_rows` are all others: the account may be used elsewhere too.
    `totals` has one for each currency. Of more than one, `currency` is None and no amount stands
    beside it. `file_sha256` is that of the file that a person brought last.
    """

    statement_no: str
    merchant_id: str
    payment_id: str
    channel: str
    day: date
    state: ReconciliationState
    attempts: int
    next_look_at: datetime | None
    fetched_at: datetime | None
    compared_at: datetime | None
    note: str | None
    currency: str | None
    rows: int
    payments: int
    paid: int
    refunds: int
    refunded: int
    foreign_rows: int
    fees: int
    fees_booked: int | None
    open_differences: int
    file_sha256: str | None = None
    totals: tuple[StatementTotal, ...] = ()

    @property
    def by_currency(self) -> tuple[StatementTotal, ...]:
        """`totals`, also of what was compared before they were kept."""
        if self.totals or self.currency is None:
            return self.totals
        only = StatementTotal(
            currency=self.currency,
            payments=self.payments,
            paid=self.paid,
            refunds=self.refunds,
            refunded=self.refunded,
            fees=self.fees,
            fees_booked=self.fees_booked,
        )
        return (only,)


class ReconciliationPage(Message):
    """The latest day first; `next_cursor` is null at the end."""

    items: list[ReconciliationView]
    next_cursor: str | None


class ReconciliationOnFile(ReconciliationView):
    """With a page of its differences, the oldest first."""

    differences: DifferencePage


class AskForStatement(Message):
    """Have the statement of this day fetched and compared now, also where it was before."""

    merchant_id: _Name
    payment_id: _Name
    channel: _Name
    day: date


class SettleDifference(Message):
    """`version` is that of the difference as shown; another one now is 409 `version_changed`."""

    reason: Reason
    decided_by: Person
    version: int
