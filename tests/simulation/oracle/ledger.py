"""The ledger: balanced, complete, and in agreement with the third parties."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.simulation.centre_books import Books
from tests.simulation.truth import Truth

from contracts.api import PaymentStatus, RefundStatus
from contracts.internal import RefundDecision

ENDS_OF_REFUNDS: Final = {
    RefundStatus.SUCCEEDED: "refund_settled",
    RefundStatus.FAILED: "refund_released",
}
RELEASED: Final = {"refund_started", "refund_released"}
ENDS_OF_SPLITS: Final = {"split_settled", "split_released"}


def entries_balance(books: Books) -> Iterator[str]:
    for (kind, subject), amounts in books.postings.items():
        if sum(amounts.values()) != 0 or len({currency for _, currency in amounts}) > 1:
            yield f"ledger entry {kind} of {subject} does not balance"


def everything_is_booked_once(books: Books) -> Iterator[str]:
    """The database has each kind of a subject at most once; here: none is missing or wrong."""
    for number, kinds in _expected(books).items():
        booked = {
            kind
            for kind, subject in books.postings
            if subject == number and kind not in ENDS_OF_SPLITS and "split_return" not in kind
        }
        if any(kind.startswith("refund_bounced") for kind in booked):
            continue  # It may have come and gone several times; the balances tell.
        if _without_contradicted(booked) != kinds:
            yield f"the ledger has {sorted(booked)} of {number} and not {sorted(kinds)}"


def _without_contradicted(booked: set[str]) -> set[str]:
    """A refund that was released, and went back after all, was started and ended twice."""
    second = {kind for kind in booked if kind.endswith(":2")}
    if not second or booked - second != RELEASED:
        return booked
    return {kind.removesuffix(":2") for kind in second}


def ledger_agrees(books: Books, truth: Truth) -> Iterator[str]:
    balances: Counter[tuple[str, str]] = Counter()
    for amounts in books.postings.values():
        balances.update(amounts)
    expected = _expected_balances(books, truth)
    for place in sorted(balances.keys() | expected.keys()):
        if balances[place] != expected[place]:
            yield f"{place} is {balances[place]} in the ledger and {expected[place]} in truth"


def _expected(books: Books) -> dict[str, set[str]]:
    expected: dict[str, set[str]] = {}
    for payment in books.payments.values():
        is_paid = payment.state is PaymentStatus.SUCCEEDED
        expected[payment.payment_no] = {"payment_captured"} if is_paid else set()
    for refund in books.refunds.values():
        end = ENDS_OF_REFUNDS.get(refund.state)
        if end and refund.decided is RefundDecision.SETTLED_OUTSIDE:
            end = "refund_settled_outside"
        expected[refund.refund_no] = {"refund_started"} | ({end} if end else set())
    for split in books.splits.values():
        expected[split.split_no] = {"split_started"}
    return expected


def _expected_balances(books: Books, truth: Truth) -> Counter[tuple[str, str]]:
    """Debits are positive: what channels owe us. Credits are what we owe."""
    expected: Counter[tuple[str, str]] = Counter()
    for payment in books.payments.values():
        if payment.state is not PaymentStatus.SUCCEEDED:
            continue
        refunds, trade = books.refunds_of(payment), truth.find(payment)
        divisions = trade.divisions.values() if trade else ()
        held = sum(part.held for division in divisions for part in division.parts)
        gone = [each for each in refunds if each.state is RefundStatus.SUCCEEDED]
        outside = sum(e.amount for e in gone if e.decided is RefundDecision.SETTLED_OUTSIDE)
        dividing = sum(each.amount for each in books.splits_under_way(payment))
        owed = payment.amount - sum(each.amount for each in gone) + outside
        flying = sum(each.amount for each in refunds if each.state is RefundStatus.ABNORMAL)
        for purpose, amount in {
            "channel_receivable": owed,
            "refunds_in_flight": -flying,
            "returned_outside": -outside,
            "split_receivers": -held,
            "splits_in_flight": -dividing,
            "merchant_payable": -(owed - outside - flying - held - dividing),
        }.items():
            expected[purpose, payment.currency] += amount
    return expected
