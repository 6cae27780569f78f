"""Disputes (chargebacks): money that the payer's bank takes back, and gives back if it was wrong.

A dispute has a number of its own and is booked by that, as a refund of cause `external` which no
total of refunds counts (`money-moved-outside`). What each word does:

| known here as | the bank took it | it was won |
|---|---|---|
| nothing | booked, once there is room | kept, so that no older word books it |
| `succeeded` | nothing | `abnormal`: a person decides |
| `abnormal` | `succeeded` again | nothing |
| `failed`: released | `succeeded` again, where there is room | nothing |
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.api import PaymentStatus, RefundStatus
from contracts.events.results import Dispute, PaymentResult, RefundResult, Verdict
from trade_core.domain import facts, moved_outside, outside_alerts
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.apply_refund_result import apply_refund_result
from trade_core.domain.payment import OutsideWord, Payment
from trade_core.domain.refund import Refund

WON: Final = "dispute_won"
WON_WORDS: Final = (
    "The dispute was won: the payer's bank gave the money back, and the merchant has it again."
)


def apply_dispute(aggregate: OrderAggregate, result: PaymentResult, time: datetime) -> None:
    """What a word says of a dispute; `time` is that of its event. Says nothing of a payment that
    did not succeed here, but to people, who may yet decide that it did. The aggregate must know
    all refunds of the payment."""
    payment, dispute = aggregate.payments[result.payment_no], result.dispute
    if dispute is None or result.payment_id != payment.account_id:
        return
    if payment.state is PaymentStatus.CONFLICTED and not dispute.is_won:
        aggregate.alerts.append(outside_alerts.refunded_unknown_amount(aggregate.order, payment))
    if payment.state is not PaymentStatus.SUCCEEDED:
        return
    asked_at, said_at = facts.times(result, time, aggregate.now)
    known = _find(aggregate, payment, dispute)
    if known is None:
        amount = 0 if dispute.is_won else dispute.amount
        word = OutsideWord(
            amount,
            dispute.dispute_no,
            asked_at,
            said_at,
            is_total=False,
            is_dispute=True,
        )
        _apply_unknown(aggregate, payment, word)
        return
    if known.last_said_at is not None and asked_at < known.last_said_at:
        return  # Each word is an answer: an older one is none.
    left = payment.amount - payment.refund_reserved
    if known.state is RefundStatus.FAILED and not dispute.is_won and known.amount > left:
        missing = known.amount - left
        aggregate.alerts.append(
            outside_alerts.external_exceeds_paid(aggregate.order, payment, missing)
        )
        return
    apply_refund_result(aggregate, _as_refund_result(result, dispute, known), time=time)


def _find(aggregate: OrderAggregate, payment: Payment, dispute: Dispute) -> Refund | None:
    """A release that knew of no disputes has booked it without the mark."""
    for one in aggregate.refunds.values():
        if (one.payment_no, one.channel_refund_no) != (payment.payment_no, dispute.dispute_no):
            continue
        if not one.is_dispute and one.amount == dispute.amount:
            one = replace(one, is_dispute=True)
            aggregate.change_refund(one, payment)
        return one
    return None


def _apply_unknown(aggregate: OrderAggregate, payment: Payment, word: OutsideWord) -> None:
    """It is not booked: there was no room so far, or it was won before we heard of it."""
    number = word.channel_refund_no
    held = [one for one in payment.held_words if one.channel_refund_no == number]
    if any(word.asked_at < one.said_at for one in held if one.is_dispute):
        return
    if held:
        kept = tuple(one for one in payment.held_words if one not in held)
        payment = replace(payment, held_words=kept)
        aggregate.change_payment(payment)
    moved_outside.apply_one(aggregate, payment, word)


def _as_refund_result(result: PaymentResult, dispute: Dispute, known: Refund) -> RefundResult:
    """The word as one about the refund that it is booked as, of which any part may be booked."""
    return RefundResult(
        refund_no=known.refund_no,
        payment_no=result.payment_no,
        merchant_id=result.merchant_id,
        payment_id=result.payment_id,
        channel=result.channel,
        source=result.source,
        verdict=Verdict.DECLINED if dispute.is_won else Verdict.SUCCEEDED,
        abnormal=dispute.is_won,
        code=WON if dispute.is_won else None,
        message=WON_WORDS if dispute.is_won else None,
        asked_at=result.asked_at,
        said_at=result.said_at,
    )
