"""Single refunds that a total has counted already, which was booked first (`money-moved-outside`).

A total is booked under no number, or that of the latest refund. The words about the refunds that
it counts come behind it; each is kept with the payment beside the booking that counts it, so that
no other refund finds room there and the same word finds itself.
"""

from dataclasses import replace

from contracts.api import RefundCause
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.explaining import CLOCKS_DIFFER
from trade_core.domain.payment import OutsideWord, Payment
from trade_core.domain.refund import Refund


def take_off_counted(
    aggregate: OrderAggregate, payment: Payment, word: OutsideWord, at_channel: str | None
) -> OutsideWord:
    """What of a refund no booked total counts: nothing where the word is known. `at_channel`: the
    number that the channel gave it. A booking that counts all of it gets the word's number, unless
    it has another refund's. The aggregate must know all refunds of the payment."""
    if word.is_dispute:
        return word
    known = {one.channel_refund_no for one in _counted(payment)}
    if known & {word.channel_refund_no, at_channel}:
        return replace(word, amount=0)
    missing, counted = word.amount, list[OutsideWord]()
    for one in _that_may_count(aggregate, payment, word, at_channel):
        taken = min(missing, one.amount - _amount_counted(payment, one))
        if not taken:
            continue
        number = word.channel_refund_no
        if taken == word.amount and one.channel_refund_no in (None, at_channel):
            named = replace(one, channel_refund_no=number)
            aggregate.change_refund(named, aggregate.payments[payment.payment_no])
            number = at_channel or number
        word_there = replace(word, channel_refund_no=number, refund_no=one.refund_no)
        counted.append(replace(word_there, amount=taken))
        missing -= taken
    if counted:
        kept = (*payment.held_words, *counted)
        aggregate.change_payment(replace(payment, held_words=kept))
    return replace(word, amount=missing)


def is_counted(word: OutsideWord) -> bool:
    """Whether it is kept because a booking (`refund_no`) counts it."""
    return not word.is_total and word.refund_no is not None


def _counted(payment: Payment) -> list[OutsideWord]:
    return [one for one in payment.held_words if is_counted(one)]


def _amount_counted(payment: Payment, booked: Refund) -> int:
    return sum(one.amount for one in _counted(payment) if one.refund_no == booked.refund_no)


def _that_may_count(
    aggregate: OrderAggregate, payment: Payment, word: OutsideWord, at_channel: str | None
) -> list[Refund]:
    """What was booked of totals, the one under its number first."""
    numbers = (word.channel_refund_no, at_channel)
    found = [
        one
        for one in aggregate.refunds.values()
        if one.payment_no == payment.payment_no
        and _may_count(one, word)
        and (one.channel_refund_no in numbers or _counts_others(payment, one))
    ]
    return sorted(found, key=lambda one: (one.channel_refund_no != at_channel, one.created_at))


def _may_count(booked: Refund, word: OutsideWord) -> bool:
    """No total counts what was made after it."""
    if booked.cause is not RefundCause.EXTERNAL or booked.is_dispute or booked.is_single:
        return False
    said_at = booked.last_said_at or booked.created_at
    return word.refunded_at is None or word.refunded_at <= said_at + CLOCKS_DIFFER


def _counts_others(payment: Payment, booked: Refund) -> bool:
    """Whether there may be more in it than the refund whose number it has: of what was booked
    before totals were marked, only where it has none, or has counted one."""
    if booked.is_total or booked.channel_refund_no is None:
        return True
    return _amount_counted(payment, booked) > 0
