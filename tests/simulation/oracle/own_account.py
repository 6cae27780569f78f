"""own-account-only: who speaks of what is not theirs changes nothing, and is named to people."""

from collections.abc import Iterator

from tests.simulation.centre_books import Books
from tests.simulation.truth import Truth


def strangers_change_nothing(books: Books, truth: Truth) -> Iterator[str]:
    """The channel's number of a payment is one that its own account gave it."""
    for payment in books.payments.values():
        trade = truth.find(payment)
        number = payment.channel_trade_no
        if number is not None and (trade is None or number != trade.trade_no):
            yield f"{payment.payment_no} bears {number}, which is not of {payment.account_id}"


def strangers_are_reported(books: Books, truth: Truth) -> Iterator[str]:
    for account, payment_no in sorted(truth.notified):
        payment = books.payments.get(payment_no)
        if payment is not None and payment.account_id == account:
            continue
        if not books.has_alert_naming(account, payment_no):
            yield f"{account} spoke of {payment_no}, and nobody was told"
        if not any((each.key, each.account) == (payment_no, account) for each in books.dead):
            yield f"{account} spoke of {payment_no}, and its words are not kept"
