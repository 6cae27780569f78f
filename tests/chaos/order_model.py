"""An order as its app sees it, one call after the other: state, amounts, what can be refunded."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

Status = Literal["absent", "open", "paid", "closed"]

PAID: Final = frozenset({"succeeded"})
UNPAID: Final = frozenset({"initiating", "pending", "unknown"})


@dataclass(frozen=True, slots=True)
class OrderState:
    """`refunds`: merchant_refund_no and amount of those that are reserved or gone; `gone`: the
    numbers of those that went back."""

    status: Status = "absent"
    refunds: frozenset[tuple[str, int]] = frozenset()
    gone: frozenset[str] = frozenset()

    @property
    def amount_refunded(self) -> int:
        return sum(amount for number, amount in self.refunds if number in self.gone)

    @property
    def reserved(self) -> int:
        return sum(amount for _, amount in self.refunds)


@dataclass(frozen=True, slots=True)
class Create:
    """`answer`: the payment's status; "paid" or "closed" also where the order is refused;
    "exists" where only its number was told; None: not known."""

    answer: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The order as `GET` answered it; `refunds`: merchant_refund_no, amount, status."""

    status: Status
    amount_paid: int = 0
    amount_refunded: int = 0
    refunds: frozenset[tuple[str, int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Close:
    """`answer`: the order's status then, or None; "open" while a channel has not closed it."""

    answer: str | None


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """`answer`: "accepted", "too much", "not paid", or None."""

    number: str
    amount: int
    answer: str | None


@dataclass(frozen=True, slots=True)
class Paid:
    """The payer paid at the channel: we learn it at some time, and accept it late, too."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The channel returned a refund: we learn it at some time."""

    number: str


Operation = Create | Seen | Close | RefundAsked | Paid | Returned


class OrderModel:
    """Of an order of this amount. For `linearizable.is_linearizable`."""

    def __init__(self, amount: int) -> None:
        self._amount = amount

    def __call__(self, was: OrderState, operation: Operation) -> Iterator[OrderState]:
        match operation:
            case Create(answer):
                yield from _created(was, answer)
            case Seen():
                if operation == self._seen(was):
                    yield was
            case Close(answer):
                yield from _closed(was, answer)
            case RefundAsked():
                yield from self._refunded(was, operation)
            case Paid():
                if was.status in ("open", "closed"):
                    yield replace(was, status="paid")
            case Returned(number):
                if any(number == known for known, _ in was.refunds):
                    yield replace(was, gone=was.gone | {number})

    def _seen(self, was: OrderState) -> Seen:
        refunds = frozenset(
            (number, amount, "succeeded" if number in was.gone else "processing")
            for number, amount in was.refunds
        )
        amount_paid = self._amount if was.status == "paid" else 0
        return Seen(was.status, amount_paid, was.amount_refunded, refunds)

    def _refunded(self, was: OrderState, operation: RefundAsked) -> Iterator[OrderState]:
        asked = (operation.number, operation.amount)
        fits = was.reserved + operation.amount <= self._amount
        answer = operation.answer
        if was.status != "paid":
            if answer in ("not paid", None):
                yield was
        elif asked in was.refunds:
            if answer in ("accepted", None):
                yield was
        elif fits:
            if answer in ("accepted", None):
                yield replace(was, refunds=was.refunds | {asked})
        elif answer in ("too much", None):
            yield was


def _created(was: OrderState, answer: str | None) -> Iterator[OrderState]:
    """The same request again changes nothing; refused is what is over."""
    after = replace(was, status="open") if was.status == "absent" else was
    match after.status:
        case "open" if answer in UNPAID or answer in ("exists", None):
            yield after
        case "paid" if answer in PAID or answer in ("paid", "exists", None):
            yield after
        case "closed" if answer in ("closed", "exists", None):
            yield after


def _closed(was: OrderState, answer: str | None) -> Iterator[OrderState]:
    match was.status:
        case "absent":
            if answer in ("absent", None):
                yield was
        case "paid":
            if answer in ("paid", None):
                yield was
        case _:
            if answer == "open" and was.status == "open":
                yield was
            if answer in ("closed", None):
                yield replace(was, status="closed")
