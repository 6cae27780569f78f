"""late-success: money that comes after the end is accepted or goes back, as the app wants it."""

from collections.abc import Iterator

from tests.simulation.centre_books import Books
from tests.simulation.truth import Truth

from contracts.api import RefundCause
from contracts.events.configuration import LatePayment
from contracts.events.orders import OrderEventType

LATE_OR_SECOND = {RefundCause.LATE, RefundCause.DUPLICATE}


def late_money_is_treated_as_the_app_wants(books: Books, truth: Truth) -> Iterator[str]:
    closed = _first(books, OrderEventType.ORDER_CLOSED, by_order=True)
    paid = _first(books, OrderEventType.PAYMENT_SUCCEEDED, by_order=False)
    for number, known_at in paid.items():
        payment = books.payments[number]
        if number in truth.decided:
            continue
        is_late = closed.get(payment.order_id, known_at) < known_at
        causes = {refund.cause for refund in books.refunds_of(payment)}
        goes_back = bool(causes & LATE_OR_SECOND)
        if is_late and books.late is LatePayment.REFUND and not goes_back:
            yield f"{number} was paid after the end of its order, and stays"
        if RefundCause.LATE in causes and books.late is LatePayment.ACCEPT:
            yield f"{number} goes back because it is late, and the app wants it"


def _first(books: Books, kind: OrderEventType, *, by_order: bool) -> dict[str, int]:
    """The sequence of the first such event, per order or per payment."""
    first: dict[str, int] = {}
    for event in books.published:
        if event.type == kind:
            number = event.data.order_id if by_order else event.subject
            first[number] = min(first.get(number, event.data.sequence), event.data.sequence)
    return first
