"""Reconciliation (对账): what the rows of a statement are to us, and what a comparison means."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from contracts.api import PaymentStatus, RefundStatus
from contracts.identifiers import is_id
from contracts.internal import (
    DifferenceKind,
    DifferenceState,
    ReconciliationState,
    StatementRow,
)

About = Literal["payment", "refund", "row"]
Key = tuple[DifferenceKind, About, str]


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A row with a number of our form; `subject` is that of the refund, or of the payment where
    the channel made the refund without us. `payment_no` is that of a refund of ours, which a
    restored database may have lost: then it was made without us."""

    about: About
    subject: str
    channel_no: str
    row: StatementRow
    payment_no: str | None = None


def find_own(row: StatementRow) -> OwnRow | None:
    """None where the row names none of our numbers: the account is used elsewhere too. What cannot
    be read may be ours."""
    if row.kind == "unreadable":
        return OwnRow("row", f"line {row.line}", "", row)
    if row.kind == "refund" and is_id("refund", row.refund_no):
        payment_no = row.payment_no if is_id("payment", row.payment_no) else None
        return OwnRow("refund", row.refund_no, row.channel_no, row, payment_no)
    if row.kind in ("payment", "refund") and is_id("payment", row.payment_no):
        return OwnRow(row.kind, row.payment_no, row.refund_no or row.channel_no, row)
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison found; see `contracts.internal.DifferenceView`. `queried_as`: of refunds
    made without us that were under way, the numbers by which the channel can be asked."""

    kind: DifferenceKind
    about: About
    subject: str
    channel_no: str | None
    our_amount: int | None
    our_currency: str | None
    our_status: str | None
    billed_amount: int | None
    billed_currency: str | None
    detail: str | None = None
    queried_as: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return self.kind, self.about, self.subject

    @property
    def is_askable(self) -> bool:
        """Whether the channel's answer to a question may book it."""
        return self.is_asked_by_number or (
            self.kind is DifferenceKind.NOT_BOOKED
            and self.our_status
            in (_ASKABLE_REFUNDS if is_id("refund", self.subject) else _ASKABLE_PAYMENTS)
        )

    @property
    def is_asked_by_number(self) -> bool:
        """Of a payment that was not paid here, refunds are no news: it is asked about itself."""
        is_paid = self.our_status == PaymentStatus.SUCCEEDED
        return self.kind is DifferenceKind.NOT_BOOKED and is_paid and bool(self.queried_as)

    @property
    def is_being_asked(self) -> bool:
        """Whether the due work asks about it anyway: it is not final here."""
        return self.our_status in _OPEN


_OPEN: Final = frozenset(
    {
        PaymentStatus.INITIATING,
        PaymentStatus.PENDING,
        PaymentStatus.UNKNOWN,
        RefundStatus.PROCESSING,
    }
)
_ASKABLE_PAYMENTS: Final = _OPEN | {PaymentStatus.CLOSED, PaymentStatus.FAILED}
_ASKABLE_REFUNDS: Final = frozenset(
    {RefundStatus.PROCESSING, RefundStatus.ABNORMAL, RefundStatus.FAILED}
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of the differences of a statement: the state of each that was found, in its
    order, and the keys of those that are none any more. `opened` is what people have not heard of,
    `open_count` all that they must see to."""

    states: Sequence[DifferenceState]
    closed: Sequence[Key]
    opened: Sequence[Found]
    open_count: int

    @property
    def is_asking(self) -> bool:
        return DifferenceState.ASKED in self.states

    @property
    def state(self) -> ReconciliationState:
        """That of the statement."""
        if self.is_asking:
            return ReconciliationState.COMPARING
        differs, matched = ReconciliationState.DIFFERS, ReconciliationState.MATCHED
        return differs if self.open_count else matched


def judge(
    found: Sequence[Found],
    known: Mapping[Key, DifferenceState],
    *,
    unlisted: int,
    seen: Collection[str],
) -> Judgement:
    """`unlisted` more differ than `found`; `seen` are numbers that a statement lacked and now has.

    What the channel can still tell us about is no difference until a later comparison finds it
    again. What a person settled stays so.
    """
    states = [_state(each, known.get(each.key)) for each in found]
    keys = {each.key for each in found}
    gone = [key for key, state in known.items() if state in _UNSETTLED and key not in keys]
    closed = [key for key in gone if _agrees(key, seen, is_listed=not unlisted)]
    return Judgement(
        states=states,
        closed=closed,
        opened=[
            each
            for each, state in zip(found, states, strict=True)
            if state is _OPENED and known.get(each.key) is not _OPENED
        ],
        open_count=states.count(_OPENED) + (unlisted or len(gone) - len(closed)),
    )


_OPENED: Final = DifferenceState.OPEN
_UNSETTLED: Final = (DifferenceState.ASKED, DifferenceState.OPEN)


def _agrees(key: Key, seen: Collection[str], *, is_listed: bool) -> bool:
    """Our side is looked at for some days only, so not to miss something is no agreement."""
    kind, _, subject = key
    return subject in seen if kind is DifferenceKind.NOT_BILLED else is_listed


def _state(found: Found, known: DifferenceState | None) -> DifferenceState:
    match known:
        case None | DifferenceState.CLOSED:
            return DifferenceState.ASKED if found.is_askable else DifferenceState.OPEN
        case DifferenceState.ASKED | DifferenceState.OPEN:
            return DifferenceState.OPEN
        case DifferenceState.SETTLED:
            return DifferenceState.SETTLED
        case _:
            assert_never(known)


def missed(known: Mapping[Key, DifferenceState]) -> list[Key]:
    """What the statement lacked so far."""
    return [
        key
        for key, state in known.items()
        if key[0] is DifferenceKind.NOT_BILLED and state is DifferenceState.OPEN
    ]


def unfinished(found: Iterable[Found]) -> list[str]:
    """The numbers of what the due work is to look at now."""
    return [each.subject for each in found if each.is_askable and each.is_being_asked]


def ended(found: Iterable[Found]) -> list[str]:
    """The numbers of what ended here, so that the channel must be asked specially."""
    return [
        each.subject
        for each in found
        if each.is_askable and not each.is_being_asked and not each.is_asked_by_number
    ]


def outside(found: Iterable[Found]) -> list[tuple[str, str]]:
    """Refunds made without us that were under way: of which payment, and by what number the channel
    is asked."""
    return [
        (each.subject, number)
        for each in found
        if each.is_asked_by_number
        for number in each.queried_as
    ]
