"""Everything comes to an end, and what was acknowledged is there."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.books import Books

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus

FINAL: Final = {
    PaymentStatus.SUCCEEDED,
    PaymentStatus.FAILED,
    PaymentStatus.CLOSED,
    PaymentStatus.CONFLICTED,
}


def everything_is_over(books: Books) -> Iterator[str]:
    yield from _open_ends(books)
    for subject in sorted(books.due):
        yield f"{subject} is still due"
    for parked in books.parked:
        yield f"a result could not be applied: {parked}"
    if books.unpublishable:
        yield f"{books.unpublishable} events can never be published"


def _open_ends(books: Books) -> Iterator[str]:
    for payment in books.payments.values():
        if payment.state not in FINAL:
            yield f"{payment.payment_no} is still {payment.state}"
    for refund in books.refunds.values():
        if refund.state is RefundStatus.PROCESSING:
            yield f"{refund.refund_no} is still processing"
    for split in books.splits.values():
        if split.state is SplitStatus.PROCESSING:
            yield f"{split.split_no} is still processing"
    for order in books.orders.values():
        if order.state is OrderStatus.OPEN:
            yield f"order {order.merchant_order_no} is still open"


def acknowledged_is_durable(books: Books, acknowledged: set[str]) -> Iterator[str]:
    for number in sorted(acknowledged - books.numbers()):
        yield f"{number} was acknowledged and is not there"
