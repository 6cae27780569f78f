"""Money that went back at a channel without us (`money-moved-outside`), told apart from ours.

A channel says what went back of a payment altogether. What our own refunds surely explain is
taken off; what one of them may explain is waited for, and the channel asked again; the rest was
made outside. The same total again finds its refund among ours, so nothing is booked twice.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.api import PaymentStatus, RefundCause, RefundStatus
from contracts.events.results import (
    PaymentResult,
    RefundResult,
    Source,
    Verdict,
    amount_refunded_alone,
)
from contracts.identifiers import is_id
from trade_core.domain import alerts, due, explaining, facts, outside_alerts, refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.counted_refunds import is_counted, take_off_counted
from trade_core.domain.due import NextCheck
from trade_core.domain.payment import OutsideWord, Payment
from trade_core.domain.refund import Refund
from trade_core.domain.refund_word import RefundWord
from trade_core.domain.refused_results import ImpossibleResult

MAX_HELD: Final = 20
"""Words about one payment that wait for refunds under way."""


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
    asked_at, said_at = facts.times(result, time, aggregate.now)
    if (amount := _amount(result, payment)) is not None:
        total = OutsideWord(amount, result.channel_refund_no, asked_at, said_at)
        apply_total(aggregate, payment, total)
    elif result.channel_refund_no and result.channel_refund_amount:
        one = OutsideWord(
            result.channel_refund_amount,
            result.channel_refund_no,
            asked_at,
            said_at,
            is_total=False,
            refunded_at=asked_at,
        )
        apply_one(aggregate, payment, one)
    elif result.refunded and not any(
        explaining.may_explain(one, asked_at) for one in _counted(aggregate, payment)
    ):
        aggregate.alerts.append(outside_alerts.refunded_unknown_amount(aggregate.order, payment))


def apply_closed(
    aggregate: OrderAggregate, payment: Payment, result: PaymentResult, said_at: datetime
) -> None:
    """The channel calls closed what succeeded here, after it was paid, and does not say how much
    went back: all of it, where that is how it calls what was refunded in full. Asked about, unless
    our refunds explain it; people hear of it once the channel, asked, says no more than that."""
    is_older = payment.paid_at is not None and said_at <= payment.paid_at
    if is_older or payment.amount_refunded >= payment.amount:
        return
    aggregate.next_checks[payment.payment_no] = due.returns_check(aggregate.now)
    if result.source is Source.QUERY and payment.refund_reserved < payment.amount:
        aggregate.alerts.append(alerts.closed_after_success(aggregate.order, payment))


def apply_total(aggregate: OrderAggregate, payment: Payment, total: OutsideWord) -> None:
    """Book what none of our refunds can explain; while one of them may, ask again and hold it. What
    the answer to a refund alone says is held too: such answers and other totals prove each other.
    """
    _apply_total(aggregate, payment, total)
    for held in aggregate.payments[payment.payment_no].held_words:
        if held.is_total and held.is_answer is not total.is_answer:
            _apply_total(aggregate, aggregate.payments[payment.payment_no], held)


def apply_total_of(
    aggregate: OrderAggregate, refund: Refund, amount: int, word: RefundWord
) -> None:
    """What a word about a refund of ours says went back of the payment altogether: that refund is
    certainly among it."""
    payment = aggregate.payments[refund.payment_no]
    if payment.state is PaymentStatus.SUCCEEDED:
        total = OutsideWord(
            amount,
            None,
            word.asked_at,
            word.said_at,
            is_answer=word.result.source is Source.REFUND,
            refund_no=refund.refund_no,
        )
        apply_total(aggregate, payment, total)


def apply_held(aggregate: OrderAggregate, payment_no: str) -> None:
    """A refund of the payment has ended: what it may have explained, or left no room for, is looked
    at again. The aggregate must know all refunds of the payment."""
    payment = aggregate.payments[payment_no]
    counted = tuple(one for one in payment.held_words if is_counted(one))
    held = [one for one in payment.held_words if not is_counted(one)]
    if held:
        aggregate.change_payment(replace(payment, held_words=counted))
    for word in held:
        apply = apply_total if word.is_total else apply_one
        apply(aggregate, aggregate.payments[payment_no], word)


def apply_foreign_refund(aggregate: OrderAggregate, result: RefundResult, time: datetime) -> None:
    """A refund that our books do not know, of a payment of ours, has succeeded: booked once.

    For channels that speak of each refund by itself, and for refunds of ours that a restored
    database has lost. Raises ResultRefused.
    """
    payment = aggregate.payments[result.payment_no]
    facts.require_own_account(result.refund_no, payment, aggregate.order.merchant_id, result)
    is_lost = is_id("refund", result.refund_no)
    if result.verdict is not Verdict.SUCCEEDED:
        return
    if not (result.amount or result.amount_refunded):
        if is_lost:
            raise ImpossibleResult(f"nobody here knows {result.refund_no}, nor its amount")
        return
    if payment.state is not PaymentStatus.SUCCEEDED:
        raise ImpossibleResult(f"{payment.payment_no} is {payment.state}, and was refunded")
    number = result.refund_no if is_lost else result.channel_refund_no or result.refund_no
    at_channel = result.channel_refund_no
    for booked in _of(aggregate, payment):
        if booked.channel_refund_no in (number, at_channel if booked.is_single else number):
            return
    asked_at, said_at = facts.times(result, time, aggregate.now)
    if result.amount:
        at = result.refunded_at
        one = OutsideWord(result.amount, number, asked_at, said_at, is_total=False, refunded_at=at)
        _book_one(aggregate, payment, one, at_channel)
    elif result.amount_refunded:
        is_answer = result.source is Source.REFUND
        total = OutsideWord(result.amount_refunded, number, asked_at, said_at, is_answer=is_answer)
        apply_total(aggregate, payment, total)


def came_to_nothing(result: RefundResult) -> bool:
    """Whether a refund made without us has ended, and no money moved."""
    return result.verdict is Verdict.DECLINED and result.found and not result.abnormal


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


def _apply_total(aggregate: OrderAggregate, payment: Payment, total: OutsideWord) -> None:
    payment = _without_totals(aggregate, payment, total)
    begun = [one for one in _counted(aggregate, payment) if explaining.is_begun(one, total)]
    outside = total.amount - explaining.explained(begun, total)
    booked = _proven(aggregate, payment, total, outside) if total.is_answer else outside
    if booked > 0:
        number = explaining.unused(total.channel_refund_no, begun)
        rest = replace(total, amount=booked, channel_refund_no=number)
        refund_reservation.book_external(aggregate, payment, rest)
        payment = aggregate.payments[payment.payment_no]
    certain = [one for one in _counted(aggregate, payment) if explaining.is_certain(one, total)]
    known = sum(one.amount for one in certain)
    if booked < outside:
        alert = outside_alerts.more_went_back(
            aggregate.order, payment, total=total.amount, missing=outside - booked
        )
        aggregate.alerts.append(alert)
    elif total.amount < known:
        _doubt_less(aggregate, payment, total, certain)
        return
    elif total.amount == known or not explaining.is_doubtful(begun, total):
        aggregate.next_checks[payment.payment_no] = due.first_check(
            aggregate.order, payment, aggregate.now
        )
        return
    _hold(aggregate, payment, total)
    _ask_which(
        aggregate, payment, [one for one in begun if explaining.may_explain(one, total.asked_at)]
    )


def _proven(aggregate: OrderAggregate, payment: Payment, answer: OutsideWord, outside: int) -> int:
    """How much of what only the answer to a refund says went back outside is said by another word,
    too, which is held because of refunds under way."""
    counted = _counted(aggregate, payment)
    beside = {0}
    for word in payment.held_words:
        if word.is_total and not word.is_answer:
            begun = [one for one in counted if explaining.is_begun(one, word)]
            beside |= explaining.may_be_beside(begun, word)
    return max(amount for amount in beside if amount <= max(outside, 0))


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
    _book_one(aggregate, payment, word, number)


def _book_one(
    aggregate: OrderAggregate, payment: Payment, word: OutsideWord, at_channel: str | None
) -> None:
    """Whole but for what a total counts that is booked; or not yet: of a refund under way that
    reserves its room, one of both comes to nothing at the channel."""
    word = take_off_counted(aggregate, payment, word, at_channel)
    payment = aggregate.payments[payment.payment_no]
    if not word.amount:
        return
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
        alert = outside_alerts.less_went_back(
            aggregate.order, payment, total=total.amount, booked=booked
        )
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
    kept = tuple(one for one in held if not _is_replaced(one, later))
    if kept != held:
        aggregate.change_payment(replace(payment, held_words=kept))
    return aggregate.payments[payment.payment_no]


def _is_replaced(held: OutsideWord, later: OutsideWord) -> bool:
    """No answer to a refund takes the place of a word that is believed by itself."""
    if not held.is_total or held.said_at > later.said_at:
        return False
    return held.is_answer or not later.is_answer


def _ask_which(aggregate: OrderAggregate, payment: Payment, doubted: Collection[Refund]) -> None:
    """Ask how the payment stands, and whether those that failed here did so there."""
    aggregate.next_checks[payment.payment_no] = due.returns_check(aggregate.now)
    for one in doubted:
        if one.state is RefundStatus.FAILED:
            aggregate.next_checks[one.refund_no] = NextCheck(aggregate.now)


def _may_be_it(refund: Refund, word: OutsideWord) -> bool:
    """A dispute is never one of our refunds; and what was made outside is in no doubt."""
    if word.is_dispute or refund.channel_refund_no or refund.cause is RefundCause.EXTERNAL:
        return False
    return refund.amount == word.amount and explaining.may_explain(refund, word.asked_at)


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
