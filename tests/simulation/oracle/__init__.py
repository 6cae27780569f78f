"""What must be true when everything has come to rest, whatever went wrong on the way.

Each rule yields its violations in words. The third parties' books are the truth; the centre's
books are judged by them, and by themselves.
"""

from collections.abc import Iterator

from tests.simulation.centre_books import Books
from tests.simulation.oracle import (
    ends,
    events,
    late,
    ledger,
    own_account,
    payments,
    refunds,
    splits,
    statements,
)
from tests.simulation.truth import Truth

from contracts.events.orders import OrderEventRecord


def violations(
    books: Books, truth: Truth, published: list[OrderEventRecord], acknowledged: set[str]
) -> Iterator[str]:
    yield from ends.everything_is_over(books, truth)
    yield from ends.acknowledged_is_durable(books, acknowledged)
    yield from own_account.strangers_change_nothing(books, truth)
    yield from own_account.strangers_are_reported(books, truth)
    yield from payments.payments_are_the_truth(books, truth)
    yield from payments.decisions_are_of_what_was_seen(books, truth)
    yield from payments.nobody_pays_twice(books, truth)
    yield from payments.orders_derive(books)
    yield from payments.attempts_keep_their_distance(books)
    yield from payments.former_attempts_were_closed(books)
    yield from late.late_money_is_treated_as_the_app_wants(books, truth)
    yield from refunds.refunds_are_the_truth(books, truth)
    yield from refunds.money_moved_outside_is_booked(books, truth)
    yield from refunds.disputes_are_booked(books, truth)
    yield from refunds.alerts_of_less_have_a_reason(books, truth)
    yield from refunds.no_more_goes_back_than_came(truth)
    yield from refunds.reservations_fit(books)
    yield from splits.splits_are_the_truth(books, truth)
    yield from splits.nobody_is_given_what_is_gone(books, truth)
    yield from statements.differences_are_those_of_the_statements(books, truth)
    yield from ledger.entries_balance(books)
    yield from ledger.everything_is_booked_once(books)
    yield from ledger.ledger_agrees(books, truth)
    yield from events.every_event_comes_once(books, published)
    yield from events.every_end_is_an_event(books, published)
    yield from events.orders_keep_their_order(books)
    yield from events.history_is_legal(published)
    yield from events.ends_had_come(books, truth)
    yield from events.nothing_is_paid_after_its_reversal(books, truth)
