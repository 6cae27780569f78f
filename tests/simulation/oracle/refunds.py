"""Refunds: what is said to be back is back, and never more than came."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.simulation.centre_books import Books
from tests.simulation.trades import Return, ReturnState
from tests.simulation.truth import Truth

from contracts.api import PaymentStatus, RefundCause, RefundStatus
from trade_core.domain.refund import Refund

SAME: Final = {
    RefundStatus.SUCCEEDED: ReturnState.RETURNED,
    RefundStatus.ABNORMAL: ReturnState.ABNORMAL,
}
RESERVED: Final = {RefundStatus.PROCESSING, RefundStatus.SUCCEEDED, RefundStatus.ABNORMAL}


def refunds_are_the_truth(books: Books, truth: Truth) -> Iterator[str]:
    for number in sorted(truth.return_nos() - books.refunds.keys()):
        yield f"the channel has refund {number}, and nobody here knows it"
    for refund in books.refunds.values():
        if refund.cause is RefundCause.EXTERNAL:
            continue
        there = truth.find_return(refund.refund_no)
        if there is not None and there.amount != refund.amount:
            yield f"{refund.refund_no} is {refund.amount} here and {there.amount} there"
        is_decided = refund.refund_no in truth.refunds_decided
        if not is_decided and not _is_same(refund, there):
            state = None if there is None else there.state
            yield f"{refund.refund_no} is {refund.state} here and {state} there"
    requested = Counter(refund.merchant_refund_no for refund in books.refunds.values())
    for merchant_refund_no, count in requested.items():
        if merchant_refund_no is not None and count > 1:
            yield f"refund {merchant_refund_no} was made {count} times"


def _is_same(refund: Refund, there: Return | None) -> bool:
    if refund.state is RefundStatus.PROCESSING:
        return True
    if refund.state is RefundStatus.FAILED:
        return there is None or there.state is ReturnState.REFUSED
    return there is not None and there.state is SAME[refund.state]


def money_moved_outside_is_booked(books: Books, truth: Truth) -> Iterator[str]:
    """As refunds with cause external; or people were told, where there was no room for it."""
    for payment in books.payments.values():
        trade = truth.find(payment)
        outside = 0 if trade is None else trade.returned_outside
        ours = [each for each in books.refunds_of(payment) if each.cause is RefundCause.EXTERNAL]
        booked = sum(each.amount for each in ours)
        if payment.state is not PaymentStatus.SUCCEEDED:
            outside = 0
        if booked > outside or (booked < outside and not books.has_alert(payment.payment_no)):
            yield f"{payment.payment_no}: {outside} went back outside, {booked} of it is booked"
        if any(each.state is not RefundStatus.SUCCEEDED for each in ours):
            yield f"{payment.payment_no}: what went back outside is {[e.state for e in ours]}"


def no_more_goes_back_than_came(truth: Truth) -> Iterator[str]:
    for trade in truth.trades.values():
        if trade.returned > trade.taken:
            yield f"{trade.payment_no} took {trade.taken} and gave back {trade.returned}"


def reservations_fit(books: Books) -> Iterator[str]:
    for payment in books.payments.values():
        refunds = books.refunds_of(payment)
        reserved = sum(each.amount for each in refunds if each.state in RESERVED)
        returned = sum(each.amount for each in refunds if each.state is RefundStatus.SUCCEEDED)
        if payment.refund_reserved != reserved:
            yield f"{payment.payment_no} reserves {payment.refund_reserved} and not {reserved}"
        if payment.amount_refunded != returned:
            yield f"{payment.payment_no} says {payment.amount_refunded} refunded, not {returned}"
