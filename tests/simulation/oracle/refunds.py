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
UNBOOKED: Final = ("refund.external_exceeds", "payment.refunded_outside", "payment.conflicted")
"""What people hear of money that went back and is not booked."""

LESS: Final = "refund.less_went_back"
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
        outside = 0 if trade is None else trade.returned_outside - trade.disputed
        ours = [
            each
            for each in books.refunds_of(payment)
            if each.cause is RefundCause.EXTERNAL and not each.is_dispute
        ]
        booked = sum(each.amount for each in ours)
        if payment.state is not PaymentStatus.SUCCEEDED:
            outside = 0
        is_reported = any(books.has_alert(payment.payment_no, kind) for kind in UNBOOKED)
        if booked > outside or (booked < outside and not is_reported):
            yield f"{payment.payment_no}: {outside} went back outside, {booked} of it is booked"
        if any(each.state is not RefundStatus.SUCCEEDED for each in ours):
            yield f"{payment.payment_no}: what went back outside is {[e.state for e in ours]}"


def disputes_are_booked(books: Books, truth: Truth) -> Iterator[str]:
    """Each by its number, as it ended; or people were told, where there was no room for it."""
    for payment in books.payments.values():
        trade = truth.find(payment)
        if trade is None or payment.state is not PaymentStatus.SUCCEEDED:
            continue
        booked = {
            each.channel_refund_no: each for each in books.refunds_of(payment) if each.is_dispute
        }
        for there in (each for each in trade.returns.values() if each.is_dispute):
            ours = booked.pop(there.refund_no, None)
            is_reported = any(books.has_alert(payment.payment_no, kind) for kind in UNBOOKED)
            if not _is_as_it_ended(ours, there) and not is_reported:
                yield f"dispute {there.refund_no} is {there.state} there and {ours} here"
        for number in booked:
            yield f"dispute {number} is booked, and nobody had it"


def _is_as_it_ended(ours: Refund | None, there: Return) -> bool:
    """One that was won may never have been heard of; people decide the others."""
    is_taken = there.state is ReturnState.RETURNED
    if ours is None:
        return not is_taken
    if is_taken:
        return ours.state is RefundStatus.SUCCEEDED and ours.amount == there.amount
    return ours.decided is not None or ours.state is RefundStatus.ABNORMAL


def alerts_of_less_have_a_reason(books: Books, truth: Truth) -> Iterator[str]:
    """That a channel counts less than is booked: only where a refund was taken back there."""
    for payment in books.payments.values():
        trade = truth.find(payment)
        states = {each.state for each in trade.returns.values()} if trade else set()
        if books.has_alert(payment.payment_no, LESS) and ReturnState.ABNORMAL not in states:
            yield f"people heard that less of {payment.payment_no} went back, and it was not so"


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
