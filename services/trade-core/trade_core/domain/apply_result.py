"""A channel has spoken of a payment: what follows from it for the order and its payments.

`twice-late-out-of-order`: what is done follows from the state, not from what came before.
"""

from dataclasses import replace
from datetime import datetime

from contracts.api import Failure, PaymentStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentPending, PaymentResult, Source
from trade_core.domain import (
    alerts,
    closing,
    disputes,
    facts,
    last_words,
    ledger,
    moved_outside,
    order,
    payment,
    refund_reservation,
    splitting,
)
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.payment import Payment, ReportedPayment
from trade_core.domain.trade_numbers import TradeNumbers


def apply_payment_result(
    aggregate: OrderAggregate,
    result: PaymentResult,
    *,
    said_at: datetime,
    late: LatePayment,
    trades: TradeNumbers | None = None,
) -> None:
    """Apply a result; twice, late or out of order makes no difference. `said_at` is the time of its
    event, for those that do not say when they were true.

    Raises ResultRefused where it cannot be true, is another account's, or of a trade that is
    another payment's; nothing has changed then.
    """
    was = aggregate.payments[result.payment_no]
    facts.require_own_account(was.payment_no, was, aggregate.order.merchant_id, result)
    asked_at, counted_at = facts.times(result, said_at, aggregate.now)
    fact = facts.of_payment(was, result, asked_at)
    if last_words.is_before_reversal(was, fact, result, asked_at):
        last_words.doubt(aggregate, was, result)
        return
    if fact is payment.PaymentFact.CONFLICT and _is_decided(was, result):
        return
    state = payment.after(was.state, fact)
    takes_money = state is PaymentStatus.SUCCEEDED and was.state is not state
    if trades is not None and (takes_money or was.channel_trade_no is None):
        trades.take(was, result.channel_trade_no)
    if _is_second_trade(was, result):
        aggregate.alerts.append(alerts.second_trade(aggregate.order, was, result))
    if takes_money:
        _take_money(aggregate, was, result=result, late=late)
    else:
        now_is = _changed(was, fact, result=result, asked_at=asked_at, said_at=counted_at)
        if now_is != was:
            aggregate.change_payment(now_is)
    if fact is payment.PaymentFact.CONFLICT:
        _after_conflict(aggregate, result)
    _after_close(aggregate, was, fact, result=result, said_at=counted_at)
    disputes.apply_dispute(aggregate, result, said_at)
    moved_outside.apply_word(aggregate, result, said_at)
    if takes_money:
        # What went back already, by the same word, nobody can have a share of.
        splitting.split_by_itself(aggregate, was.payment_no)


def _after_conflict(aggregate: OrderAggregate, result: PaymentResult) -> None:
    now_is = aggregate.payments[result.payment_no]
    aggregate.alerts.append(alerts.conflicted(aggregate.order, now_is, result))
    if now_is.state is PaymentStatus.CONFLICTED and now_is.claim is not None:
        # conflicted-is-not-unpaid: nobody shall pay the order once more by another attempt.
        closing.close_payments(aggregate)


def _is_second_trade(was: Payment, result: PaymentResult) -> bool:
    """A channel may give the trade another number once it is paid, and a late word of waiting
    still names the one from before."""
    if was.state is PaymentStatus.SUCCEEDED and isinstance(result, PaymentPending):
        return False
    known, named = was.channel_trade_no, result.channel_trade_no
    return known is not None and named is not None and known not in (named, result.earlier_trade_no)


def _is_decided(was: Payment, result: PaymentResult) -> bool:
    """Whether a person has decided about this very money; saying it again reopens nothing."""
    if was.claim is None or was.state is PaymentStatus.CONFLICTED:
        return False
    claim = facts.claim_of(was, result)
    return claim is not None and claim.is_of_the_same_money(was.claim)


def _after_close(
    aggregate: OrderAggregate,
    was: Payment,
    fact: payment.PaymentFact,
    *,
    result: PaymentResult,
    said_at: datetime,
) -> None:
    """What is called closed may have succeeded here; that a close of ours worked although we had
    seen the money (a payment code is reversed, 撤销) is for a person. One that is uncertain is
    explained by asking at once."""
    is_ours = result.source is Source.CLOSE
    if fact is payment.PaymentFact.ENDED and was.state is PaymentStatus.SUCCEEDED:
        if is_ours:
            aggregate.alerts.append(alerts.closed_after_success(aggregate.order, was))
        else:
            moved_outside.apply_closed(aggregate, was, result, said_at)
    is_unclear = is_ours and fact is payment.PaymentFact.UNCLEAR
    if is_unclear and was.is_open and not was.is_in_flight(aggregate.now):
        aggregate.urgent.add(was.payment_no)


def _changed(
    was: Payment,
    fact: payment.PaymentFact,
    *,
    result: PaymentResult,
    asked_at: datetime,
    said_at: datetime,
) -> Payment:
    """The payment after a word that brought no money. The word is true as of between the times."""
    state = payment.after(was.state, fact)
    is_anew = _calls_anew(was, state, result, said_at)
    return replace(
        was,
        state=state,
        failure=was.failure if state is was.state else _failure(state, fact, result),
        channel_trade_no=was.channel_trade_no or result.channel_trade_no,
        action=result.action if is_anew else was.action or result.action,
        called_at=said_at if is_anew else was.called_at,
        claim=_claim_after(was, state, result),
        reversed_at=last_words.reversed_at(was, fact, said_at),
        may_be_paid=last_words.may_be_paid(
            was, state, fact, is_found=result.found, asked_at=asked_at
        ),
    )


def _calls_anew(
    was: Payment, state: PaymentStatus, result: PaymentResult, said_at: datetime
) -> bool:
    """Whether it is how the payer is called now: the same order was asked for once more, because
    what had called the payer was too old. Of two such words the younger counts."""
    if was.action is None or result.action in (None, was.action) or not was.is_open:
        return False
    is_waiting = result.source is Source.INITIATION and state is PaymentStatus.PENDING
    return is_waiting and (was.called_at is None or said_at > was.called_at)


def _claim_after(
    was: Payment, state: PaymentStatus, result: PaymentResult
) -> ReportedPayment | None:
    """In a conflict the newest word about money counts: it is what a person decides about."""
    if state is not PaymentStatus.CONFLICTED:
        return was.claim
    return facts.claim_of(was, result) or was.claim


def _failure(
    state: PaymentStatus, fact: payment.PaymentFact, result: PaymentResult
) -> Failure | None:
    match state:
        case PaymentStatus.CONFLICTED:
            return facts.CONFLICT
        case PaymentStatus.FAILED:
            return facts.why(fact, result)
        case _:
            return None


def _take_money(
    aggregate: OrderAggregate, was: Payment, *, result: PaymentResult, late: LatePayment
) -> None:
    """First success wins; a later one, or one after the end, goes back by itself. The number under
    which the money was taken is the payment's, whatever the channel named before: by that number
    it finds the money again."""
    before = aggregate.order
    cause = order.return_cause(
        before, aggregate.payments.values(), was, paid_at=result.paid_at, late=late
    )
    paid = replace(
        was,
        state=PaymentStatus.SUCCEEDED,
        settles=cause is None,
        paid_at=result.paid_at or aggregate.now,
        failure=None,
        may_be_paid=False,
        channel_trade_no=result.channel_trade_no or was.channel_trade_no,
        action=was.action or result.action,
    )
    entry = ledger.of_payment(
        ledger.Kind.PAYMENT_CAPTURED, paid, merchant_id=before.merchant_id, at=aggregate.now
    )
    aggregate.entries.append(entry)
    aggregate.change_payment(paid)
    if cause is not None:
        aggregate.alerts.append(alerts.returned_by_itself(before, paid, cause))
        refund_reservation.return_money(aggregate, paid, cause)
        return
    if (paid.amount, paid.currency) != (before.amount, before.currency):
        aggregate.alerts.append(alerts.paid_other_amount(before, paid))
    closing.close_payments(aggregate)
