"""From a channel's words to facts: what they mean, and whether they agree with our books."""

from datetime import datetime

from contracts.api import RefundStatus
from contracts.events.results import PaymentResult, RefundResult, Source, SplitResult, Verdict
from trade_core.domain import payment as payments
from trade_core.domain import refund as refunds
from trade_core.domain import split as splits
from trade_core.domain.errors import ImpossibleResult
from trade_core.domain.payment import Claim, Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split


def of_payment(payment: Payment, result: PaymentResult, said_at: datetime) -> payments.PaymentFact:
    """What the result says of the payment. `said_at`: when the channel said it.

    Raises ImpossibleResult for the words of an account that the payment is not at, unless they
    claim money: that is a conflict.
    """
    fact = _said(payment, result, said_at)
    if result.payment_id == payment.payment_id:
        return fact
    if fact in (payments.PaymentFact.PAID, payments.PaymentFact.CONFLICT):
        return payments.PaymentFact.CONFLICT
    raise ImpossibleResult(
        f"{result.payment_id} speaks of {payment.payment_no}, which is at {payment.payment_id}"
    )


def of_refund(refund: Refund, payment: Payment, result: RefundResult) -> refunds.RefundFact:
    """What the result says of the refund.

    Raises ImpossibleResult for the words of an account that the payment is not at.
    """
    if result.payment_id != payment.payment_id or refund.payment_no != result.payment_no:
        raise ImpossibleResult(
            f"{result.payment_id} speaks of {refund.refund_no}, which is at {payment.payment_id}"
        )
    match result.verdict:
        case Verdict.SUCCEEDED:
            return (
                refunds.RefundFact.RETURNED if _agrees(refund, result) else refunds.RefundFact.STUCK
            )
        case Verdict.PENDING:
            return refunds.RefundFact.UNDER_WAY if result.found else refunds.RefundFact.ABSENT
        case Verdict.DECLINED if not result.found:
            return refunds.RefundFact.ABSENT
        case Verdict.DECLINED if result.abnormal:
            return refunds.RefundFact.STUCK
        case Verdict.DECLINED if _is_silent_about_returns(refund, result):
            return refunds.RefundFact.NOT_SENT  # so it is sent again, and the answer tells
        case Verdict.DECLINED:
            return refunds.RefundFact.REFUSED
        case Verdict.NOT_SENT if result.source is Source.REFUND:
            return refunds.RefundFact.NOT_SENT
        case Verdict.NOT_SENT | Verdict.UNKNOWN:
            return refunds.RefundFact.UNCLEAR


def of_split(split: Split, payment: Payment, result: SplitResult) -> splits.SplitFact:
    """What the result says of the split.

    Raises ImpossibleResult for the words of an account that the payment is not at, and for shares
    of other amounts than ours.
    """
    if result.payment_id != payment.payment_id or split.payment_no != result.payment_no:
        raise ImpossibleResult(
            f"{result.payment_id} speaks of {split.split_no}, which is at {payment.payment_id}"
        )
    ours = {share.account: share.amount for share in split.shares}
    if any(said.amount != ours.get(said.account, said.amount) for said in result.receivers):
        raise ImpossibleResult(f"the amounts of {split.split_no} differ from ours")
    match result.verdict:
        case Verdict.SUCCEEDED:
            said = {one.account: one.status for one in result.receivers}
            statuses = {said.get(account, "processing") for account in ours}
            if "processing" in statuses:
                return splits.SplitFact.UNDER_WAY
            return splits.SplitFact.SHORT if "failed" in statuses else splits.SplitFact.SHARED
        case Verdict.PENDING:
            return splits.SplitFact.UNDER_WAY if result.found else splits.SplitFact.ABSENT
        case Verdict.DECLINED:
            return splits.SplitFact.REFUSED if result.found else splits.SplitFact.ABSENT
        case Verdict.NOT_SENT if result.source is Source.SPLIT:
            return splits.SplitFact.NOT_SENT
        case Verdict.NOT_SENT | Verdict.UNKNOWN:
            return splits.SplitFact.UNCLEAR


def claim_of(payment: Payment, result: PaymentResult) -> Claim | None:
    """The money that a result says was taken; what it does not state is taken for ours."""
    if result.verdict is not Verdict.SUCCEEDED or result.source is Source.CLOSE:
        return None
    return Claim(
        payment_id=result.payment_id,
        channel_trade_no=result.channel_trade_no,
        amount=payment.amount if result.amount is None else result.amount,
        currency=result.currency or payment.currency,
        paid_at=result.paid_at,
    )


def _said(payment: Payment, result: PaymentResult, said_at: datetime) -> payments.PaymentFact:
    is_close = result.source is Source.CLOSE
    match result.verdict:
        case Verdict.SUCCEEDED if is_close:
            # No end while our own initiation may still arrive there.
            in_flight = payment.is_in_flight(said_at)
            return payments.PaymentFact.UNCLEAR if in_flight else payments.PaymentFact.ENDED
        case Verdict.SUCCEEDED:
            return (
                payments.PaymentFact.PAID
                if _agrees(payment, result)
                else payments.PaymentFact.CONFLICT
            )
        case Verdict.PENDING if is_close or not result.found:
            return payments.PaymentFact.UNCLEAR
        case Verdict.PENDING:
            return (
                payments.PaymentFact.WAITING
                if _agrees(payment, result)
                else payments.PaymentFact.CONFLICT
            )
        case Verdict.DECLINED if is_close or not result.found:
            return payments.PaymentFact.UNCLEAR
        case Verdict.DECLINED:
            return payments.PaymentFact.ENDED if result.closed else payments.PaymentFact.DECLINED
        case Verdict.NOT_SENT if result.source is Source.INITIATION:
            return payments.PaymentFact.NOT_SENT
        case Verdict.NOT_SENT | Verdict.UNKNOWN:
            return payments.PaymentFact.UNCLEAR


def _is_silent_about_returns(refund: Refund, result: RefundResult) -> bool:
    """Receivers give back before the refund is made, and only the call itself tells who did."""
    is_open = refund.state is RefundStatus.PROCESSING and bool(refund.returns)
    return is_open and result.source is not Source.REFUND


def _agrees(ours: Payment | Refund, said: PaymentResult | RefundResult) -> bool:
    """Whether amount and currency are ours, as far as the channel stated them."""
    return said.amount in (None, ours.amount) and said.currency in (None, ours.currency)
