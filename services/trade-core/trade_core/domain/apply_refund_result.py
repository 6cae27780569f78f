"""A channel has spoken of a refund: which word counts, and what follows from it (later-wins).

Words come twice, late and out of order, so each is as good as its time. That money went back is
believed whenever it was said, but not from before the payer's bank sent it back. Any other word is
news only if it was asked for after the last one had been said; where that is not certain, the
channel is asked again. The refusal of a repeat may be about the repeat alone: it counts when the
channel, asked, knows of no refund either. That another amount went back than ours ends nothing
whoever says it, until the channel, asked after that, says so too; a refund that is abnormal by that
is asked about for a day more.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.api import OrderStatus, RefundStatus
from contracts.events.results import RefundResult, Source
from contracts.internal import RefundDecision
from trade_core.domain import alerts, closing, due, facts, ledger, moved_outside, refund, returning
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import NextCheck
from trade_core.domain.payment import Payment
from trade_core.domain.refund import DENIED, Refund, RefundFact
from trade_core.domain.refund_word import RefundWord
from trade_core.domain.refused_results import ImpossibleResult
from trade_core.domain.undecided import find_undecided

NO_PAY_OUT: Final = frozenset({RefundFact.STUCK, RefundFact.CONFLICT, RefundFact.NOT_SENT})

IN_DOUBT: Final = frozenset({RefundFact.REFUSED, RefundFact.CONFLICT})
"""What the channel said and has yet to confirm; that it cannot be reached makes it no less."""


def apply_refund_result(aggregate: OrderAggregate, result: RefundResult, *, time: datetime) -> None:
    """Apply a result; twice, late or out of order makes no difference. `time` is its event's. Of a
    payment with `held_words`, and of one of which the result tells what went back altogether or
    how far its refunds must be apart, the aggregate must know all refunds.

    Raises ResultRefused where it cannot be true; nothing has changed then.
    """
    was = aggregate.refunds[result.refund_no]
    paid = aggregate.payments[was.payment_no]
    fact = facts.of_refund(was, paid, result)
    word = RefundWord(fact, result, *facts.times(result, time, aggregate.now))
    updated = replace(
        _with_returns(was, word),
        channel_refund_no=was.channel_refund_no or result.channel_refund_no,
    )
    match was.state:
        case RefundStatus.PROCESSING:
            now_is = _while_processing(aggregate, updated, word)
        case RefundStatus.ABNORMAL:
            now_is = _while_abnormal(updated, word, aggregate.now)
        case RefundStatus.SUCCEEDED:
            now_is = _after_success(aggregate, updated, word)
        case RefundStatus.FAILED:
            now_is = _after_failure(aggregate, updated, word)
    if now_is != was:
        _change(aggregate, was, now_is, word)
    if fact is RefundFact.RETURNED and result.amount_refunded is not None:
        moved_outside.apply_total_of(aggregate, now_is, result.amount_refunded, word)
    if result.pause_s is not None and due.is_unheard(now_is):
        _wait_for_its_turn(aggregate, now_is, fact, result.pause_s)


def _wait_for_its_turn(
    aggregate: OrderAggregate, waiting: Refund, fact: RefundFact, pause_s: int
) -> None:
    """Where there is no other refund of the payment, it waits for none."""
    others = [
        each
        for each in aggregate.refunds.values()
        if each.payment_no == waiting.payment_no and each.refund_no != waiting.refund_no
    ]
    if fact is RefundFact.NOT_SENT:
        check = due.first_turn_check(waiting, others, pause_s, aggregate.now)
    elif fact is RefundFact.UNCLEAR and others:
        check = due.turn_check(waiting, others, pause_s, aggregate.now)
    else:
        return
    aggregate.next_checks[waiting.refund_no] = check


def _change(aggregate: OrderAggregate, was: Refund, now_is: Refund, word: RefundWord) -> None:
    paid = aggregate.payments[was.payment_no]
    if now_is.state is not was.state:
        paid = _move_money(aggregate, was, now_is, word)
    elif was.is_paid_out and not now_is.is_paid_out:
        aggregate.alerts.append(
            alerts.refund_needs_a_person(aggregate.order, paid, now_is, word.result)
        )
    aggregate.change_refund(now_is, paid)
    moved_outside.apply_held(aggregate, was.payment_no)
    if now_is.state is not was.state:
        _ask_of_what_ended(aggregate, now_is, word)
    if aggregate.order.state is OrderStatus.OPEN and find_undecided(aggregate):
        # conflicted-is-not-unpaid: what was to go back is still there.
        closing.close_payments(aggregate)


def _ask_of_what_ended(aggregate: OrderAggregate, now_is: Refund, word: RefundWord) -> None:
    """What ended so that the channel may yet say otherwise."""
    if now_is.state is RefundStatus.SUCCEEDED and word.result.may_bounce:
        aggregate.next_checks[now_is.refund_no] = due.bounce_check(now_is, aggregate.now)
    if now_is.state is RefundStatus.ABNORMAL and word.fact is RefundFact.CONFLICT:
        aggregate.next_checks[now_is.refund_no] = NextCheck(aggregate.now + due.gap(-1))


# ── state by state ────────────────────────────────────────────────────────────────────────────


def _while_processing(aggregate: OrderAggregate, was: Refund, word: RefundWord) -> Refund:
    match word.fact:
        case RefundFact.RETURNED:
            return _ended(was, word, aggregate.now)
        case RefundFact.UNDER_WAY:
            if word.result.source is Source.NOTICE:
                aggregate.urgent.add(was.refund_no)  # There is news, and it is not in the words.
            return word.applied_to(was)
        case fact if fact in DENIED:
            return _denied_while_processing(aggregate, was, word)
        case _ if was.last_fact in IN_DOUBT:
            return was
        case _:
            return replace(was, last_fact=word.fact)


def _denied_while_processing(aggregate: OrderAggregate, was: Refund, word: RefundWord) -> Refund:
    """What does not certainly follow the last word is asked about, not believed."""
    is_news = word.is_news_to(was)
    aggregate.urgent.add(was.refund_no)
    match word.fact:
        case RefundFact.STUCK if is_news:
            return _ended(was, word, aggregate.now)
        case RefundFact.CONFLICT if word.confirms_conflict_of(was):
            return _ended(_with_all_returns(was), word, aggregate.now)
        case RefundFact.CONFLICT:
            return word.applied_to(was)
        case RefundFact.REFUSED if is_news and not word.may_be_of_a_repeat_of(was):
            return _ended(was, word, aggregate.now)
        case RefundFact.REFUSED if is_news or was.last_fact is not RefundFact.UNDER_WAY:
            return replace(word.applied_to(was), failure=facts.why(word.fact, word.result))
        case RefundFact.ABSENT if is_news and word.confirms_refusal_of(was):
            return _ended(was, replace(word, fact=RefundFact.REFUSED), aggregate.now)
        case RefundFact.ABSENT if is_news and was.last_fact is not RefundFact.REFUSED:
            if was.last_fact is RefundFact.ABSENT:
                aggregate.urgent.discard(was.refund_no)  # Sent again at once, but in no circle.
            return word.applied_to(was)
        case _:
            return was


def _while_abnormal(was: Refund, word: RefundWord, now: datetime) -> Refund:
    match word.fact:
        case RefundFact.RETURNED if word.is_older_than_the_last_of(was):
            return was  # It bounced since.
        case RefundFact.RETURNED:
            return _ended(was, word, now)
        case RefundFact.REFUSED if word.is_news_to(was):
            return _ended(was, word, now)
        case RefundFact.REFUSED:
            return was
        case _ if was.is_paid_out:
            return _while_paid_out(was, word)
        case _:
            return was


def _while_paid_out(was: Refund, word: RefundWord) -> Refund:
    """Until the pay-out is answered, only its own answer is news: what the channel says otherwise
    was asked before it was carried out (decide-what-was-seen)."""
    is_answer = word.result.source is Source.REFUND
    if not word.is_news_to(was) or (was.last_fact is None and not is_answer):
        return was
    if word.fact in NO_PAY_OUT:
        undone = replace(word.applied_to(was), decided=None)
        return replace(undone, failure=facts.why(word.fact, word.result))
    return word.applied_to(was) if is_answer else replace(was, last_fact=word.fact)


def _after_success(aggregate: OrderAggregate, was: Refund, word: RefundWord) -> Refund:
    match word.fact:
        case RefundFact.RETURNED if was.decided is RefundDecision.SETTLED_OUTSIDE:
            paid = aggregate.payments[was.payment_no]
            aggregate.alerts.append(alerts.returned_twice(aggregate.order, paid, was))
            return was
        case RefundFact.STUCK if was.decided is RefundDecision.SETTLED_OUTSIDE:
            return was
        case RefundFact.STUCK if word.is_news_to(was):
            return _ended(replace(was, turn=was.turn + 1), word, aggregate.now)
        case RefundFact.STUCK:
            aggregate.next_checks[was.refund_no] = NextCheck(aggregate.now)
            return was
        case RefundFact.REFUSED if word.is_news_to(was):
            return _ended(was, word, aggregate.now)  # raises
        case _:
            return was


def _after_failure(aggregate: OrderAggregate, was: Refund, word: RefundWord) -> Refund:
    paid = aggregate.payments[was.payment_no]
    match word.fact:
        case RefundFact.RETURNED:
            _require_room(aggregate, was, paid)
            aggregate.alerts.append(alerts.returned_after_failure(aggregate.order, paid, was))
            return _ended(replace(was, turn=was.turn + 1), word, aggregate.now)
        case RefundFact.UNDER_WAY if word.is_news_to(was):
            aggregate.next_checks[was.refund_no] = NextCheck(aggregate.now + due.gap(-1))
            if was.last_fact is not RefundFact.UNDER_WAY:
                aggregate.alerts.append(alerts.under_way_after_failure(aggregate.order, paid, was))
            return word.applied_to(was)
        case RefundFact.CONFLICT if word.is_news_to(was):
            aggregate.alerts.append(alerts.returned_otherwise(aggregate.order, paid, was))
            return _denied_after_failure(aggregate, was, word)
        case fact if fact in DENIED:
            return _denied_after_failure(aggregate, was, word)
        case _:
            return was


def _denied_after_failure(aggregate: OrderAggregate, was: Refund, word: RefundWord) -> Refund:
    """As here: nobody need ask any more."""
    if not word.is_asked or not word.is_news_to(was):
        return was
    aggregate.next_checks[was.refund_no] = None
    return word.applied_to(was) if was.last_fact not in DENIED else was


# ── what a word means ─────────────────────────────────────────────────────────────────────────


def _require_room(aggregate: OrderAggregate, was: Refund, paid: Payment) -> None:
    """A person makes room where the money was refunded, or returned by receivers, anew."""
    left = paid.amount - paid.refund_reserved
    kept = returning.still_kept(aggregate.refunds[was.refund_no].returns)
    if was.amount > left or not returning.are_held(kept, aggregate.splits):
        raise ImpossibleResult(
            f"{was.refund_no} failed here and went back after all; of {paid.payment_no} only"
            f" {left} are left, or receivers of splits hold too little"
        )


def _with_returns(was: Refund, word: RefundWord) -> Refund:
    """What receivers of splits gave back for it so far; all of it, where the channel had it."""
    if word.fact in (RefundFact.RETURNED, RefundFact.STUCK):
        return _with_all_returns(was)
    if was.state is RefundStatus.FAILED:
        return was  # What is not back was left with the receivers.
    return replace(was, returns=returning.marked(was.returns, set(word.result.returned)))


def _with_all_returns(was: Refund) -> Refund:
    back = {one.return_no for one in was.returns}
    return replace(was, returns=returning.marked(was.returns, back))


def _ended(was: Refund, word: RefundWord, now: datetime) -> Refund:
    """The refund in the state to which the word brings it. Raises IllegalTransition."""
    state = refund.after(was.state, word.fact)
    updated = word.applied_to(was)
    if state is RefundStatus.SUCCEEDED:
        at = word.result.refunded_at or now
        return replace(updated, state=state, refunded_at=at, failure=None)
    is_kept = word.is_asked or state is RefundStatus.ABNORMAL
    return replace(
        updated,
        state=state,
        last_fact=word.fact if is_kept else None,
        refunded_at=None,
        failure=was.failure or facts.why(word.fact, word.result)
        if was.last_fact is RefundFact.REFUSED
        else facts.why(word.fact, word.result),
    )


# ── money ─────────────────────────────────────────────────────────────────────────────────────


def _move_money(
    aggregate: OrderAggregate, was: Refund, now_is: Refund, word: RefundWord
) -> Payment:
    """Book what was decided; the payment with its new amounts."""
    paid = aggregate.payments[was.payment_no]
    kinds: list[ledger.Kind] = []
    reserved = returned = 0
    match was.state, now_is.state:
        case RefundStatus.FAILED, RefundStatus.SUCCEEDED:
            kinds = [ledger.Kind.REFUND_STARTED, ledger.Kind.REFUND_SETTLED]
            reserved = returned = now_is.amount
        case _, RefundStatus.SUCCEEDED:
            kinds, returned = [ledger.Kind.REFUND_SETTLED], now_is.amount
        case _, RefundStatus.FAILED:
            kinds, reserved = [ledger.Kind.REFUND_RELEASED], -now_is.amount
        case RefundStatus.SUCCEEDED, _:
            kinds, returned = [ledger.Kind.REFUND_BOUNCED], -now_is.amount
    for kind in kinds:
        aggregate.entries.append(ledger.of_refund(kind, now_is, paid, at=aggregate.now))
    # Of a refund that no app asked for, nobody else would see that the money did not go back.
    own_failed = now_is.state is RefundStatus.FAILED and now_is.merchant_refund_no is None
    if own_failed or now_is.state is RefundStatus.ABNORMAL:
        aggregate.alerts.append(
            alerts.refund_needs_a_person(aggregate.order, paid, now_is, word.result)
        )
    return replace(
        paid,
        refund_reserved=paid.refund_reserved + reserved,
        amount_refunded=paid.amount_refunded + returned,
    )
