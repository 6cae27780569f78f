"""Money back: asked for by an app or a person, returned by the centre itself, made outside us."""

from dataclasses import replace
from typing import Final

from contracts.api import CreateRefund, PaymentStatus, RefundCause, RefundStatus, SplitStatus
from contracts.events.configuration import RefundSplits
from contracts.identifiers import new_id
from contracts.money import Money
from trade_core.domain import outside_alerts, returning
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.errors import PaymentNotRefundable, RefundExceedsPaid
from trade_core.domain.payment import OutsideWord, Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Return

UNENDED: Final = (RefundStatus.PROCESSING, RefundStatus.ABNORMAL)


def refund_as_requested(
    aggregate: OrderAggregate,
    request: CreateRefund,
    policy: RefundSplits = RefundSplits.RETURN,
    *,
    is_by_person: bool = False,
) -> Refund:
    """Reserve the amount and start the refund. By the app's policy, what is not there because it
    was split is returned by the receivers; the aggregate must know the payment's splits. One that
    a person asks for is told where its payment was told.

    Raises PaymentNotRefundable, RefundExceedsPaid.
    """
    payment = aggregate.payments[request.payment_no]
    if payment.state is not PaymentStatus.SUCCEEDED:
        raise PaymentNotRefundable(aggregate.numbers_of(payment), payment.state)
    refund = _new(aggregate, payment, request.amount, RefundCause.REQUESTED)
    refund = replace(
        refund,
        merchant_refund_no=request.merchant_refund_no,
        fingerprint=request.fingerprint(),
        reason=request.reason,
        notify_url=refund.notify_url if is_by_person else request.notify_url,
        returns=_returns(aggregate, payment, request.amount, policy, refund.refund_no),
    )
    _start(aggregate, refund, payment)
    return refund


def return_money(aggregate: OrderAggregate, payment: Payment, cause: RefundCause) -> None:
    """Give a payment back in full that came twice, too late, or that a person sends back."""
    refund = _new(aggregate, payment, payment.amount, cause)
    _start(aggregate, refund, payment)


def book_external(aggregate: OrderAggregate, payment: Payment, word: OutsideWord) -> int:
    """Book what went back at the channel without us as a refund of ours, which is over already:
    reserved, told and posted like any other (`money-moved-outside`). Answers how much was booked.

    Never more than is left of the payment; of what does not fit, people hear, unless a refund under
    way may make room for it: then it comes again (`moved_outside.apply_held`).
    """
    left = payment.amount - payment.refund_reserved
    if word.amount > left and not is_room_awaited(aggregate, payment):
        missing = word.amount - left
        aggregate.alerts.append(
            outside_alerts.external_exceeds_paid(aggregate.order, payment, missing)
        )
    booked = min(word.amount, left)
    if booked <= 0:
        return 0
    refund = replace(
        _new(aggregate, payment, booked, RefundCause.EXTERNAL),
        state=RefundStatus.SUCCEEDED,
        channel_refund_no=word.channel_refund_no,
        refunded_at=word.refunded_at or aggregate.now,
        last_said_at=word.said_at,
        is_dispute=word.is_dispute,
        is_single=not word.is_total and word.channel_refund_no is not None,
        is_total=word.is_total,
    )
    now_is = replace(
        payment,
        refund_reserved=payment.refund_reserved + booked,
        amount_refunded=payment.amount_refunded + booked,
    )
    aggregate.add_returned(refund, now_is)
    alert = outside_alerts.disputed if refund.is_dispute else outside_alerts.refunded_outside
    aggregate.alerts.append(alert(aggregate.order, now_is, refund))
    return booked


def is_room_awaited(aggregate: OrderAggregate, payment: Payment) -> bool:
    """Whether a refund reserves what it may not get: it has not ended, by its channel or, where
    that is stuck, by a person."""
    return any(
        one.payment_no == payment.payment_no and one.state in UNENDED
        for one in aggregate.refunds.values()
    )


def _new(aggregate: OrderAggregate, payment: Payment, amount: int, cause: RefundCause) -> Refund:
    """As the centre makes one by itself; told where its payment was told."""
    return Refund(
        refund_no=new_id("refund"),
        order_id=payment.order_id,
        payment_no=payment.payment_no,
        app_id=aggregate.order.app_id,
        merchant_id=aggregate.order.merchant_id,
        merchant_refund_no=None,
        fingerprint=None,
        cause=cause,
        amount=amount,
        currency=payment.currency,
        reason=None,
        notify_url=payment.notify_url,
        created_at=aggregate.now,
    )


def _returns(
    aggregate: OrderAggregate, payment: Payment, amount: int, policy: RefundSplits, refund_no: str
) -> tuple[Return, ...]:
    """What must be returned so that the amount is there. Raises RefundExceedsPaid."""
    left = payment.amount - payment.refund_reserved
    if policy is RefundSplits.KEEP:
        _require(aggregate, payment, amount, left)
        return ()
    splits = [one for one in aggregate.splits.values() if one.payment_no == payment.payment_no]
    unsplit = max(left - payment.split_reserved, 0)
    is_splitting = any(one.state is SplitStatus.PROCESSING for one in splits)
    within_reach = min(left, unsplit + returning.held(splits))
    _require(aggregate, payment, amount, within_reach, is_splitting=is_splitting)
    return returning.plan(splits, max(amount - unsplit, 0), refund_no)


def _require(
    aggregate: OrderAggregate,
    payment: Payment,
    amount: int,
    left: int,
    *,
    is_splitting: bool = False,
) -> None:
    if amount > left:
        numbers = aggregate.numbers_of(payment)
        raise RefundExceedsPaid(Money(left, payment.currency), numbers, is_splitting=is_splitting)


def _start(aggregate: OrderAggregate, refund: Refund, payment: Payment) -> None:
    reserved = payment.refund_reserved + refund.amount
    aggregate.add_refund(refund, replace(payment, refund_reserved=reserved))
