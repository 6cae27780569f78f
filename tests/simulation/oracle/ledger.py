"""The ledger: balanced, complete, and in agreement with the third parties."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.simulation.books import Books
from tests.simulation.truth import Truth

from contracts.api import PaymentStatus, RefundStatus

ENDS_OF_REFUNDS: Final = {
    RefundStatus.SUCCEEDED: "refund_settled",
    RefundStatus.FAILED: "refund_released",
}
ENDS_OF_SPLITS: Final = {"split_settled", "split_released"}


def entries_balance(books: Books) -> Iterator[str]:
    for (kind, subject), amounts in books.postings.items():
        if sum(amounts.values()) != 0:
            yield f"ledger entry {kind} of {subject} does not balance"


def everything_is_booked_once(books: Books) -> Iterator[str]:
    """The database has each kind of a subject at most once; here: none is missing or wrong."""
    for number, kinds in _expected(books).items():
        booked = {
            kind
            for kind, subject in books.postings
            if subject == number and kind not in ENDS_OF_SPLITS and "split_return" not in kind
        }
        if booked != kinds:
            yield f"the ledger has {sorted(booked)} of {number} and not {sorted(kinds)}"


def ledger_agrees(books: Books, truth: Truth) -> Iterator[str]:
    balances: Counter[str] = Counter()
    for amounts in books.postings.values():
        balances.update(amounts)
    for purpose, amount in _expected_balances(books, truth).items():
        if balances[purpose] != amount:
            yield f"{purpose} is {balances[purpose]} in the ledger and {amount} in truth"


def _expected(books: Books) -> dict[str, set[str]]:
    expected: dict[str, set[str]] = {}
    for payment in books.payments.values():
        is_paid = payment.state is PaymentStatus.SUCCEEDED
        expected[payment.payment_no] = {"payment_captured"} if is_paid else set()
    for refund in books.refunds.values():
        end = ENDS_OF_REFUNDS.get(refund.state)
        expected[refund.refund_no] = {"refund_started"} | ({end} if end else set())
    for split in books.splits.values():
        expected[split.split_no] = {"split_started"}
    return expected


def _expected_balances(books: Books, truth: Truth) -> dict[str, int]:
    """Debits are positive: what channels owe us. Credits are what we owe."""
    ours = [each for each in books.payments.values() if each.state is PaymentStatus.SUCCEEDED]
    trades = [truth.trades[each.payment_no] for each in ours if each.payment_no in truth.trades]
    abnormal = [each for each in books.refunds.values() if each.state is RefundStatus.ABNORMAL]
    parts = [part for t in trades for d in t.divisions.values() for part in d.parts]
    owed = sum(trade.taken - trade.returned for trade in trades)
    flying = sum(each.amount for each in abnormal)
    held = sum(part.held for part in parts)
    return {
        "channel_receivable": owed,
        "refunds_in_flight": -flying,
        "split_receivers": -held,
        "splits_in_flight": 0,
        "merchant_payable": -(owed - flying - held),
    }
