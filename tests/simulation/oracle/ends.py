"""Everything comes to an end, and what was acknowledged is there."""

from collections.abc import Iterator
from typing import Final

from tests.simulation.centre_books import Books
from tests.simulation.truth import Truth

from contracts.api import OrderStatus, PaymentStatus, RefundStatus, SplitStatus
from trade_core.domain.split import Split

FINAL: Final = {
    PaymentStatus.SUCCEEDED,
    PaymentStatus.FAILED,
    PaymentStatus.CLOSED,
    PaymentStatus.CONFLICTED,
}


def everything_is_over(books: Books, truth: Truth) -> Iterator[str]:
    yield from _open_ends(books, truth)
    for subject in sorted(books.due - _final(books, truth)):
        yield f"{subject} is still due"
    for letter in books.dead:
        payment = books.payments.get(letter.key or "")
        is_foreign = payment is None or letter.account != payment.account_id
        is_notified = (letter.account, letter.key) in truth.notified
        if letter.replayed_at is None and not (is_foreign and is_notified):
            yield f"a result could not be applied: {letter.key}: {letter.error}"
    if books.unpublishable:
        yield f"{books.unpublishable} events can never be published"


def is_mute(books: Books, truth: Truth, split: Split) -> bool:
    """Whether the third party never says what became of it, and people know: it goes on being
    asked about until they have seen to that."""
    account = books.payments[split.payment_no].account_id
    return account in truth.mute_about_splits and books.has_alert(split.split_no)


def _final(books: Books, truth: Truth) -> set[str]:
    """What may still be watched, though nothing is open about it."""
    refunds, splits = books.refunds.values(), books.splits.values()
    return {
        *(each.payment_no for each in books.payments.values() if each.state in FINAL),
        *(each.refund_no for each in refunds if each.state is not RefundStatus.PROCESSING),
        *(each.split_no for each in splits if is_mute(books, truth, each)),
    }


def _open_ends(books: Books, truth: Truth) -> Iterator[str]:
    for payment in books.payments.values():
        if payment.state not in FINAL:
            yield f"{payment.payment_no} is still {payment.state}"
    for refund in books.refunds.values():
        if refund.state is RefundStatus.PROCESSING:
            yield f"{refund.refund_no} is still processing"
    for split in books.splits.values():
        if split.state is SplitStatus.PROCESSING and not is_mute(books, truth, split):
            yield f"{split.split_no} is still processing"
    for order in books.orders.values():
        if order.state is OrderStatus.OPEN:
            yield f"order {order.merchant_order_no} is still open"


def acknowledged_is_durable(books: Books, acknowledged: set[str]) -> Iterator[str]:
    for number in sorted(acknowledged - books.numbers()):
        yield f"{number} was acknowledged and is not there"
