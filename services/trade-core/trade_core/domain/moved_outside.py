"""Money that went back at a channel without us (`money-moved-outside`), told apart from ours.

A channel says what went back of a payment altogether. What our own refunds surely explain is
taken off; what one of them may explain is waited for, and the channel asked again; the rest was
made outside. The same total again finds its refund among ours, so nothing is booked twice.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from contracts.api import PaymentStatus, RefundCause, RefundStatus
from contracts.events.results import (
    PaymentResult,
    RefundResult,
    Source,
    Verdict,
    amount_refunded_alone,
)
from trade_core.domain import alerts, due, facts, refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import NextCheck
from trade_core.domain.payment import OutsideWord, Payment
from trade_core.domain.refund import DENIED, Refund
from trade_core.domain.refused_results import ImpossibleResult

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A channel's clock and ours differ by less: a refund that was begun later is in no total."""

MAX_HELD: Final = 20
"""Words about one payment that wait for refunds under way."""

MAX_OTHERS: Final = 12
"""Refunds of one payment in flight at once whose sums are all tried: 4,096 of them."""


def speaks_of_refunds(result: PaymentResult) -> bool:
    """Whether all refunds of the payment must be known to apply the result."""
    one_refund = result.channel_refund_no is not None and result.channel_refund_amount
    about = result.amount_refunded or one_refund or result.dispute
    return bool(about or result.refunded or result.reversed)


def apply_word(aggregate: OrderAggregate, result: PaymentResult, time: datetime) -> None:
    """What a word about a payment says of money that went back; `time` is that of its event.

    The aggregate must know all refunds of the payment. Says nothing of a payment that did not
    succeed here.
    """
    payment, result = aggregate.payments[result.payment_no], _of_refunds(result)
    if payment.state is not PaymentStatus.SUCCEEDED or result.payment_id != payment.account_id:
        return
    if (amount := _amount(result, payment)) is not None:
        asked_at, said_at = result.asked_at or time, result.said_at or time
        total = OutsideWord(amount, result.channel_refund_no, asked_at, said_at)
        apply_total(aggregate, payment, total)
    elif result.channel_refund_no and result.channel_refund_amount:
        apply_one(aggregate, payment, _word_of_one(result, result.channel_refund_amount, time))
    elif result.refunded and not any(
        _may_explain(one, result.asked_at or time) for one in _counted(aggregate, payment)
    ):
        aggregate.alerts.append(alerts.refunded_unknown_amount(aggregate.order, payment))


def apply_total(aggregate: OrderAggregate, payment: Payment, total: OutsideWord) -> None:
    """Book what none of our refunds can explain; while one of them may, ask again and hold it."""
    payment = _without_totals(aggregate, payment, total)
    begun = [one for one in _counted(aggregate, payment) if _is_begun(one, total)]
    explained = _explained(begun, total)
    if total.amount > explained:
        number = _unused(total.channel_refund_no, begun)
        rest = replace(total, amount=total.amount - explained, channel_refund_no=number)
        refund_reservation.book_external(aggregate, payment, rest)
        payment = aggregate.payments[payment.payment_no]
    certain = [one for one in _counted(aggregate, payment) if _is_certain(one, total)]
    if total.amount < sum(one.amount for one in certain):
        _doubt_less(aggregate, payment, total, certain)
        return
    if total.amount == sum(one.amount for one in certain) or not _is_doubtful(begun, total):
        aggregate.next_checks[payment.payment_no] = due.first_check(
            aggregate.order, payment, aggregate.now
        )
        return
    _hold(aggregate, payment, total)
    _ask_which(aggregate, payment, [one for one in begun if _may_explain(one, total.asked_at)])


def apply_total_of(
    aggregate: OrderAggregate, payment_no: str, amount: int, said_at: datetime
) -> None:
    """What the answer to a refund of ours says went back of the payment altogether: that refund is
    certainly among it, so it counts from the moment of the answer on."""
    payment = aggregate.payments[payment_no]
    if payment.state is PaymentStatus.SUCCEEDED:
        apply_total(aggregate, payment, OutsideWord(amount, None, said_at, said_at))


def apply_held(aggregate: OrderAggregate, payment_no: str) -> None:
    """A refund of the payment has ended: what it may have explained, or left no room for, is looked
    at again. The aggregate must know all refunds of the payment."""
    held = aggregate.payments[payment_no].held_words
    if held:
        aggregate.change_payment(replace(aggregate.payments[payment_no], held_words=()))
    for word in held:
        apply = apply_total if word.is_total else apply_one
        apply(aggregate, aggregate.payments[payment_no], word)


def apply_foreign_refund(aggregate: OrderAggregate, result: RefundResult, time: datetime) -> None:
    """A refund under a number that is not ours, of a payment of ours, has succeeded: booked once.

    For channels that speak of each refund by itself. Raises ResultRefused.
    """
    payment = aggregate.payments[result.payment_no]
    facts.require_own_account(result.refund_no, payment, aggregate.order.merchant_id, result)
    if result.verdict is not Verdict.SUCCEEDED or not result.amount:
        return
    if payment.state is not PaymentStatus.SUCCEEDED:
        raise ImpossibleResult(f"{payment.payment_no} is {payment.state}, and was refunded")
    number = result.channel_refund_no or result.refund_no
    if any(one.channel_refund_no == number for one in _of(aggregate, payment)):
        return
    word = OutsideWord(
        result.amount,
        number,
        result.asked_at or time,
        result.said_at or time,
        is_total=False,
        refunded_at=result.refunded_at,
    )
    _book_one(aggregate, payment, word)


def _of_refunds(result: PaymentResult) -> PaymentResult:
    """What a word about a dispute says of refunds."""
    if result.dispute is None or result.dispute.is_won:
        return result
    alone = {
        "amount_refunded": amount_refunded_alone(result),
        "channel_refund_no": None,
        "channel_refund_amount": None,
    }
    return result.model_copy(update=alone)


def _word_of_one(result: PaymentResult, amount: int, time: datetime) -> OutsideWord:
    return OutsideWord(
        amount,
        result.channel_refund_no,
        result.asked_at or time,
        result.said_at or time,
        is_total=False,
    )


def apply_one(aggregate: OrderAggregate, payment: Payment, word: OutsideWord) -> None:
    """One refund, or dispute, by the channel's number: a refund of ours may not know it yet."""
    if not word.amount:
        _hold(aggregate, payment, word)
        return
    number, ours = word.channel_refund_no, _of(aggregate, payment)
    if any(number in (one.channel_refund_no, one.refund_no) for one in ours):
        return
    if doubted := [one for one in _counted(aggregate, payment) if _may_be_it(one, word)]:
        _hold(aggregate, payment, word)
        _ask_which(aggregate, payment, doubted)
        return
    _book_one(aggregate, payment, word)


def _book_one(aggregate: OrderAggregate, payment: Payment, word: OutsideWord) -> None:
    """Whole, or not yet: of a refund under way that reserves its room, one of both comes to
    nothing at the channel."""
    left = payment.amount - payment.refund_reserved
    if word.amount > left and refund_reservation.is_room_awaited(aggregate, payment):
        _hold(aggregate, payment, word)
        return
    refund_reservation.book_external(aggregate, payment, word)


def _doubt_less(
    aggregate: OrderAggregate, payment: Payment, total: OutsideWord, certain: Collection[Refund]
) -> None:
    """Older than what we know; or what was booked is back at the channel, and people must see."""
    before = [one for one in certain if one.last_said_at and one.last_said_at <= total.asked_at]
    booked = sum(one.amount for one in before)
    if total.amount < booked:
        alert = alerts.less_went_back(aggregate.order, payment, total=total.amount, booked=booked)
        aggregate.alerts.append(alert)


def _hold(aggregate: OrderAggregate, payment: Payment, word: OutsideWord) -> None:
    """Beside those of other refunds; each of them once."""
    number = word.channel_refund_no
    others = [one for one in payment.held_words if one.is_total or one.channel_refund_no != number]
    held = (*(payment.held_words if word.is_total else others), word)[-MAX_HELD:]
    aggregate.change_payment(replace(payment, held_words=held))


def _without_totals(aggregate: OrderAggregate, payment: Payment, later: OutsideWord) -> Payment:
    """The payment without the totals that are held and said no more than this one does."""
    held = payment.held_words
    kept = tuple(one for one in held if not one.is_total or one.said_at > later.said_at)
    if kept != held:
        aggregate.change_payment(replace(payment, held_words=kept))
    return aggregate.payments[payment.payment_no]


def _ask_which(aggregate: OrderAggregate, payment: Payment, doubted: Collection[Refund]) -> None:
    """Ask how the payment stands, and whether those that failed here did so there."""
    aggregate.next_checks[payment.payment_no] = due.returns_check(aggregate.now)
    for one in doubted:
        if one.state is RefundStatus.FAILED:
            aggregate.next_checks[one.refund_no] = NextCheck(aggregate.now)


def _may_be_it(refund: Refund, word: OutsideWord) -> bool:
    """A dispute is never one of our refunds."""
    if word.is_dispute or refund.channel_refund_no is not None:
        return False
    return refund.amount == word.amount and _may_explain(refund, word.asked_at)


def _amount(result: PaymentResult, payment: Payment) -> int | None:
    """A reversal (撤销) gives all of it back."""
    if result.source is Source.CLOSE and result.reversed:
        return payment.amount
    return result.amount_refunded


def _of(aggregate: OrderAggregate, payment: Payment) -> list[Refund]:
    return [one for one in aggregate.refunds.values() if one.payment_no == payment.payment_no]


def _counted(aggregate: OrderAggregate, payment: Payment) -> list[Refund]:
    """Those that the channel counts among the payment's refunds: no disputes."""
    return [one for one in _of(aggregate, payment) if not one.is_dispute]


def _explained(begun: Sequence[Refund], total: OutsideWord) -> int:
    """How much of the total our refunds explain at most: the certain ones, and of the others those
    that fit best, for a refund goes back whole or not at all. Of what was booked as made outside by
    a later word any part may be in the total. A number that is none of ours says that some of the
    total is not ours."""
    certain = sum(one.amount for one in begun if _is_certain(one, total))
    left = total.amount - certain
    if _unused(total.channel_refund_no, begun) is not None:
        left -= 1
    others = [
        one.amount
        for one in begun
        if _may_explain(one, total.asked_at) and not _is_certain(one, total)
    ]
    if left <= 0 or len(others) > MAX_OTHERS:
        return certain + sum(others)
    later = sum(one.amount for one in begun if _is_from_later_word(one, total))
    most = left + later
    sums = {0}
    for amount in others:
        sums |= {known + amount for known in sums if known + amount <= most}
    return certain - later + min(most, max(sums) + later)


def _is_from_later_word(refund: Refund, total: OutsideWord) -> bool:
    if refund.cause is not RefundCause.EXTERNAL or refund.last_said_at is None:
        return False
    return refund.last_said_at > total.said_at


def _is_begun(refund: Refund, total: OutsideWord) -> bool:
    return (
        refund.cause is RefundCause.EXTERNAL or refund.created_at <= total.said_at + CLOCKS_DIFFER
    )


def _may_explain(refund: Refund, asked_at: datetime) -> bool:
    """Whether what the channel said at that time may count the refund: not where it has denied the
    refund before. An older word may be from when it stood there, if it ever did: a bounce takes it
    back."""
    if refund.state is not RefundStatus.FAILED or refund.last_fact not in DENIED:
        return True
    has_stood_there = refund.turn > 0 or refund.channel_refund_no is not None
    is_older = refund.last_said_at is not None and asked_at < refund.last_said_at
    return has_stood_there and is_older


def _is_certain(refund: Refund, total: OutsideWord) -> bool:
    """Whether the channel had surely returned it when the total was asked for."""
    if refund.cause is RefundCause.EXTERNAL:
        return True
    said_at = refund.last_said_at or refund.refunded_at
    return refund.is_at_channel and said_at is not None and said_at <= total.asked_at


def _is_doubtful(begun: Collection[Refund], total: OutsideWord) -> bool:
    return any(_may_explain(one, total.asked_at) and not _is_certain(one, total) for one in begun)


def _unused(channel_refund_no: str | None, refunds: Collection[Refund]) -> str | None:
    """The number of the latest refund may be that of one of ours."""
    taken = {one.channel_refund_no for one in refunds} | {one.refund_no for one in refunds}
    return None if channel_refund_no in taken else channel_refund_no
