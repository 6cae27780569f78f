"""Channel statements: what differs is what is wrong in them, or in dispute; and nothing else."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.centre_books import Books
from tests.simulation.statement_writing import Slip
from tests.simulation.trades import ReturnState
from tests.simulation.truth import Truth

from contracts.api import PaymentStatus, RefundStatus
from contracts.internal import DifferenceKind, RefundDecision

Difference = tuple[str, str, str]
"""The account, the kind and the subject."""

KINDS: Final = {
    Slip.MISSING: DifferenceKind.NOT_BILLED,
    Slip.MISPRINTED: DifferenceKind.AMOUNT,
    Slip.INVENTED: DifferenceKind.UNKNOWN_NUMBER,
    Slip.UNREADABLE: DifferenceKind.UNREADABLE_ROW,
}


def differences_are_those_of_the_statements(books: Books, truth: Truth) -> Iterator[str]:
    """Of the accounts whose statements came; what people decided otherwise is their business."""
    decided = truth.decided.keys() | truth.refunds_decided.keys()
    planted = set(_planted(books, truth))
    found = {each for each in books.differences if each[2] not in decided}
    for account, kind, subject in sorted(found - planted - set(_disputed(books, truth))):
        yield f"{subject} at {account} is {kind} in no statement, and people are told so"
    for account, kind, subject in sorted(planted - found):
        if subject not in decided:
            yield f"{subject} at {account} is {kind} in a statement, and nobody is told"
    for (_, kind, subject), state in sorted(books.differences.items()):
        if state == "asked":
            yield f"{subject} is {kind} in a statement, and is still asked about"


def _planted(books: Books, truth: Truth) -> Iterator[Difference]:
    """What our books do not count differs from no row, and is missed by none."""
    for (account, subject), slip in truth.slips.items():
        is_row = slip in (Slip.INVENTED, Slip.UNREADABLE)
        if is_row or _is_booked(books, subject):
            yield account, KINDS[slip], subject


def _is_booked(books: Books, subject: str) -> bool:
    payment, refund = books.payments.get(subject), books.refunds.get(subject)
    if payment is not None:
        return payment.state is PaymentStatus.SUCCEEDED
    is_outside = refund is not None and refund.decided is RefundDecision.SETTLED_OUTSIDE
    return refund is not None and refund.state is RefundStatus.SUCCEEDED and not is_outside


def _disputed(books: Books, truth: Truth) -> Iterator[Difference]:
    """Money that the third party holds, or gave back, and that our books do not count."""
    for (account, number), trade in truth.trades.items():
        if trade.paid_at is not None and not _is_booked(books, number):
            yield account, DifferenceKind.NOT_BOOKED, number
        for refund in trade.returns.values():
            is_back = refund.state is ReturnState.RETURNED
            if is_back and refund.is_ours and not _is_booked(books, refund.refund_no):
                yield account, DifferenceKind.NOT_BOOKED, refund.refund_no
