"""The ledger (账本): each event of money as postings that sum to zero (`ledger-balances`)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from trade_core.domain.payment import Payment
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split


class Purpose(StrEnum):
    """What an account of the ledger stands for, per merchant and channel account."""

    CHANNEL_RECEIVABLE = "channel_receivable"
    """What the channel owes the merchant."""
    MERCHANT_PAYABLE = "merchant_payable"
    """What was taken for the merchant."""
    REFUNDS_IN_FLIGHT = "refunds_in_flight"
    """What is on its way back to payers."""
    SPLITS_IN_FLIGHT = "splits_in_flight"
    """What is on its way to receivers of splits."""
    SPLIT_RECEIVERS = "split_receivers"
    """What receivers of splits have; the channel holds it for them, no longer for the merchant."""
    RETURNED_OUTSIDE = "returned_outside"
    """What merchants gave back by their own means, while the channel still holds it."""
    CHANNEL_FEES = "channel_fees"
    """What channels kept for themselves (手续费), as their statements say."""


class Kind(StrEnum):
    PAYMENT_CAPTURED = "payment_captured"
    REFUND_STARTED = "refund_started"
    REFUND_SETTLED = "refund_settled"
    REFUND_SETTLED_OUTSIDE = "refund_settled_outside"
    REFUND_RELEASED = "refund_released"
    REFUND_BOUNCED = "refund_bounced"
    SPLIT_STARTED = "split_started"
    SPLIT_SETTLED = "split_settled"
    SPLIT_RELEASED = "split_released"
    SPLIT_RETURNED = "split_returned"
    SPLIT_RETURN_RELEASED = "split_return_released"
    CHANNEL_FEES_TAKEN = "channel_fees_taken"


WAYS: Final[dict[Kind, tuple[Purpose, Purpose]]] = {
    Kind.PAYMENT_CAPTURED: (Purpose.CHANNEL_RECEIVABLE, Purpose.MERCHANT_PAYABLE),
    Kind.REFUND_STARTED: (Purpose.MERCHANT_PAYABLE, Purpose.REFUNDS_IN_FLIGHT),
    Kind.REFUND_SETTLED: (Purpose.REFUNDS_IN_FLIGHT, Purpose.CHANNEL_RECEIVABLE),
    Kind.REFUND_SETTLED_OUTSIDE: (Purpose.REFUNDS_IN_FLIGHT, Purpose.RETURNED_OUTSIDE),
    Kind.REFUND_BOUNCED: (Purpose.CHANNEL_RECEIVABLE, Purpose.REFUNDS_IN_FLIGHT),
    Kind.REFUND_RELEASED: (Purpose.REFUNDS_IN_FLIGHT, Purpose.MERCHANT_PAYABLE),
    Kind.SPLIT_STARTED: (Purpose.MERCHANT_PAYABLE, Purpose.SPLITS_IN_FLIGHT),
    Kind.SPLIT_SETTLED: (Purpose.SPLITS_IN_FLIGHT, Purpose.SPLIT_RECEIVERS),
    Kind.SPLIT_RELEASED: (Purpose.SPLITS_IN_FLIGHT, Purpose.MERCHANT_PAYABLE),
    Kind.SPLIT_RETURNED: (Purpose.SPLIT_RECEIVERS, Purpose.MERCHANT_PAYABLE),
    Kind.SPLIT_RETURN_RELEASED: (Purpose.MERCHANT_PAYABLE, Purpose.SPLIT_RECEIVERS),
    Kind.CHANNEL_FEES_TAKEN: (Purpose.CHANNEL_FEES, Purpose.CHANNEL_RECEIVABLE),
}
"""Which account is debited and which credited."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A positive amount is a debit."""

    purpose: Purpose
    amount: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger transaction, all of one merchant, channel account and currency.

    A `subject` (the number of a payment, refund, split or statement) has each kind at most once
    in each `turn`: nothing is booked twice. A refund begins another when it leaves its end again,
    a statement with each entry of fees.
    """

    kind: Kind
    subject: str
    merchant_id: str
    account_id: str
    currency: str
    postings: tuple[Posting, ...]
    at: datetime
    turn: int = 0

    def __post_init__(self) -> None:
        if sum(posting.amount for posting in self.postings) != 0:
            raise ValueError(f"{self.kind} of {self.subject} does not balance")


def of_payment(kind: Kind, payment: Payment, *, merchant_id: str, at: datetime) -> Entry:
    return Entry(
        kind=kind,
        subject=payment.payment_no,
        merchant_id=merchant_id,
        account_id=payment.account,
        currency=payment.currency,
        postings=_postings(kind, payment.amount),
        at=at,
    )


def of_refund(kind: Kind, refund: Refund, payment: Payment, *, at: datetime) -> Entry:
    return Entry(
        kind=kind,
        subject=refund.refund_no,
        merchant_id=refund.merchant_id,
        account_id=payment.account,
        currency=refund.currency,
        postings=_postings(kind, refund.amount),
        at=at,
        turn=refund.turn,
    )


def of_split(kind: Kind, split: Split, payment: Payment, amount: int, *, at: datetime) -> Entry:
    """`amount` of the split: all of it, or the shares that were decided so."""
    return Entry(
        kind=kind,
        subject=split.split_no,
        merchant_id=split.merchant_id,
        account_id=payment.account,
        currency=split.currency,
        postings=_postings(kind, amount),
        at=at,
    )


def of_returns(kind: Kind, refund: Refund, payment: Payment, amount: int, *, at: datetime) -> Entry:
    """What receivers of splits return for a refund, or keep after all."""
    return replace(of_refund(kind, refund, payment, at=at), postings=_postings(kind, amount))


def of_fees(
    reconciliation: Reconciliation, fees: int, currency: str, *, turn: int, at: datetime
) -> Entry:
    """What the channel kept of a day's money; negative where it gave back more than it took. A
    further currency, or what a newer statement adds to it, is another turn."""
    return Entry(
        kind=Kind.CHANNEL_FEES_TAKEN,
        subject=reconciliation.statement_no,
        merchant_id=reconciliation.merchant_id,
        account_id=reconciliation.account_id,
        currency=currency,
        postings=_postings(Kind.CHANNEL_FEES_TAKEN, fees),
        at=at,
        turn=turn,
    )


def _postings(kind: Kind, amount: int) -> tuple[Posting, ...]:
    debit, credit = WAYS[kind]
    return Posting(debit, amount), Posting(credit, -amount)
