"""Payments and orders: every success is known, and nobody pays twice."""

import math
from collections.abc import Collection, Iterator
from itertools import pairwise, permutations

from tests.simulation.centre_books import Books
from tests.simulation.oracle.ends import FINAL
from tests.simulation.trades import ReturnState, Trade, TradeState
from tests.simulation.truth import Truth

from contracts.api import Method, OrderStatus, PaymentStatus, RefundCause
from trade_core.domain.payment import Payment


def payments_are_the_truth(books: Books, truth: Truth) -> Iterator[str]:
    for number in sorted({trade.payment_no for trade in truth.ours()} - books.payments.keys()):
        yield f"the channel has {number}, and nobody here knows it"
    for payment in books.payments.values():
        if payment.payment_no in truth.decided:
            continue
        trade = truth.find(payment)
        if not _is_same(books, payment, trade):
            there = "nothing" if trade is None else f"{trade.state} with {_taken(trade)}"
            yield f"{payment.payment_no} is {payment.state} here and {there} there"


def _is_same(books: Books, payment: Payment, trade: Trade | None) -> bool:
    is_ours = trade is not None and _taken(trade) == (payment.amount, payment.currency)
    match payment.state:
        case PaymentStatus.SUCCEEDED:
            return is_ours
        case PaymentStatus.CONFLICTED:
            return not is_ours and books.has_alert(payment.payment_no)
        case PaymentStatus.CLOSED:
            return trade is None or _is_all_back(trade) or (_is_over(trade) and not trade.taken)
        case PaymentStatus.FAILED:
            return trade is None
        case _:
            return True


def _taken(trade: Trade) -> tuple[int, str]:
    return trade.taken, trade.taken_currency


def _is_all_back(trade: Trade) -> bool:
    """Before we knew that it was paid, without our asking."""
    return trade.taken > 0 and trade.taken == trade.returned_outside


def _is_over(trade: Trade) -> bool:
    """A link that was opened after our close and not paid in its time was never closed there."""
    return trade.state is TradeState.CLOSED or trade.method == Method.H5


def decisions_are_of_what_was_seen(books: Books, truth: Truth) -> Iterator[str]:
    """decide-what-was-seen: what was booked is what the person had before their eyes."""
    for number, (decision, claim) in truth.decided.items():
        payment = books.payments[number]
        booked = (payment.amount, payment.currency, payment.channel_trade_no)
        seen = (claim.amount, claim.currency, claim.channel_trade_no)
        if payment.state is not PaymentStatus.SUCCEEDED:
            yield f"{number} is {payment.state} although a person decided {decision}"
        elif booked != seen:
            yield f"{number} was decided on {seen} and is booked as {booked}"


def nobody_pays_twice(books: Books, truth: Truth) -> Iterator[str]:
    for order in books.orders.values():
        kept = [
            payment.payment_no
            for payment in books.payments_of(order)
            if payment.state is PaymentStatus.SUCCEEDED
            and not _goes_back_by_itself(books, truth, payment)
        ]
        if len(kept) > 1:
            yield f"order {order.merchant_order_no} was paid by {kept}, and nothing goes back"


def _goes_back_by_itself(books: Books, truth: Truth, payment: Payment) -> bool:
    """In full, at the channel too; or people know that it does not."""
    for refund in books.refunds_of(payment):
        is_ours = refund.merchant_refund_no is None and refund.cause is not RefundCause.EXTERNAL
        if is_ours and refund.amount == payment.amount:
            there = truth.find_return(refund.refund_no)
            is_back = there is not None and there.state is ReturnState.RETURNED
            return is_back or books.has_alert(refund.refund_no)
    return False


def orders_derive(books: Books) -> Iterator[str]:
    for order in books.orders.values():
        settling = [each for each in books.payments_of(order) if each.settles]
        if (order.state is OrderStatus.PAID) != bool(settling) or len(settling) > 1:
            yield f"order {order.merchant_order_no} is {order.state}, settled by {len(settling)}"
        if order.amount_paid != sum(each.amount for each in settling):
            yield f"order {order.merchant_order_no} counts {order.amount_paid} paid"
        if order.amount_refunded != sum(each.amount_refunded for each in settling):
            yield f"order {order.merchant_order_no} counts {order.amount_refunded} refunded"


def attempts_keep_their_distance(books: Books) -> Iterator[str]:
    """The 15-second rule: only on our own page may the payer switch at once."""
    for order in books.orders.values():
        made = sorted(books.payments_of(order), key=lambda each: each.created_at)
        for former, later in pairwise(made):
            on_our_page = former.method is later.method is Method.CASHIER
            if not on_our_page and (later.created_at - former.initiated_at).total_seconds() < 15:
                yield f"{later.payment_no} was opened right after {former.payment_no}"


def former_attempts_were_closed(books: Books) -> Iterator[str]:
    """Whoever opens another payment of an order has the older open ones closed first or then."""
    begun = _first_of(books, {"payment.created"})
    ended = _first_of(books, {f"payment.{end}" for end in FINAL})
    for order in books.orders.values():
        payments = [each for each in books.payments_of(order) if each.payment_no in begun]
        for former, later in permutations(payments, 2):
            was_open = ended.get(former.payment_no, math.inf) > begun[later.payment_no]
            is_older = begun[former.payment_no] < begun[later.payment_no]
            if is_older and was_open and not former.closing:
                yield f"{former.payment_no} was left open beside {later.payment_no}"


def _first_of(books: Books, kinds: Collection[str]) -> dict[str, int]:
    """Per payment the first event of these kinds, by its place in the order's story."""
    first: dict[str, int] = {}
    for event in books.published:
        if event.type in kinds:
            known = first.get(event.subject, event.data.sequence)
            first[event.subject] = min(known, event.data.sequence)
    return first
