"""From a channel's words to facts: what they mean, and whether they agree with our books.

Rule `compared-with-our-books`.
"""

from datetime import datetime
from typing import Final

from contracts.api import MAX_CODE_CHARS, MAX_MESSAGE_CHARS, Failure, RefundStatus
from contracts.events.results import (
    PaymentDeclined,
    PaymentNotSent,
    PaymentPending,
    PaymentResult,
    PaymentSucceeded,
    PaymentUnknown,
    RefundResult,
    ShareResult,
    Source,
    SplitResult,
    Verdict,
    agrees,
    is_all_back,
)
from trade_core.domain.payment import Payment, PaymentFact, ReportedPayment
from trade_core.domain.refund import Refund, RefundFact
from trade_core.domain.refused_results import ForeignAccount, ImpossibleResult
from trade_core.domain.split import Split, SplitFact

NO_REASON: Final = "The channel gave no reason."

CONFLICT: Final = Failure(
    code="conflict", message="The channel's amount or currency differs from ours."
)


def require_own_account(
    number: str,
    payment: Payment,
    merchant_id: str,
    result: PaymentResult | RefundResult | SplitResult,
) -> None:
    """own-account-only: of a payment, its refunds and its splits, only the account speaks where it
    lives; of one that is at no account yet, nobody. `number` is what the result speaks of.

    Raises ForeignAccount.
    """
    is_own = result.payment_id == payment.account_id
    if not is_own or result.merchant_id not in (None, merchant_id):
        raise ForeignAccount(result.payment_id, number, payment.account_id)


def times(
    result: PaymentResult | RefundResult | SplitResult, event_at: datetime, now: datetime
) -> tuple[datetime, datetime]:
    """Not before the one and not after the other it was true. No word is younger than now, whatever
    clock it was dated by: it would outlive all that is said until then (later-wins)."""
    return min(result.asked_at or event_at, now), min(result.said_at or event_at, now)


def of_payment(payment: Payment, result: PaymentResult, asked_at: datetime) -> PaymentFact:
    """What its own account says of the payment. `asked_at`: not before that it was true."""
    if result.source is Source.CLOSE:
        return _of_close(payment, result, asked_at)
    match result:
        case PaymentSucceeded() if is_all_back(result, payment.amount):
            return PaymentFact.REVERSED
        case PaymentSucceeded():
            return PaymentFact.PAID if _agrees(payment, result) else PaymentFact.CONFLICT
        case PaymentPending() | PaymentDeclined() if not result.found:
            return PaymentFact.UNCLEAR
        case PaymentPending():
            return PaymentFact.WAITING if _agrees(payment, result) else PaymentFact.CONFLICT
        case PaymentDeclined() if result.closed:
            # Closed, and of what was taken something went back: paid, and undone.
            return PaymentFact.REVERSED if result.refunded else PaymentFact.ENDED
        case PaymentDeclined():
            return PaymentFact.DECLINED
        case PaymentNotSent() if result.source is Source.INITIATION:
            return PaymentFact.NOT_SENT
        case PaymentNotSent() | PaymentUnknown():
            return PaymentFact.UNCLEAR


def of_refund(refund: Refund, payment: Payment, result: RefundResult) -> RefundFact:
    """What the result says of the refund.

    Raises ForeignAccount, and ImpossibleResult where it names another payment. It may name none:
    the refund's number is ours, and its own account speaks.
    """
    require_own_account(refund.refund_no, payment, refund.merchant_id, result)
    if result.payment_no not in ("", refund.payment_no):
        raise ImpossibleResult(f"{refund.refund_no} is not of {result.payment_no}")
    match result.verdict:
        case Verdict.SUCCEEDED:
            return _returned(refund, result)
        case Verdict.PENDING:
            return RefundFact.UNDER_WAY if result.found else RefundFact.ABSENT
        case Verdict.DECLINED if not result.found:
            return RefundFact.ABSENT
        case Verdict.DECLINED if result.abnormal:
            return RefundFact.STUCK
        case Verdict.DECLINED if _is_silent_about_returns(refund, result):
            return RefundFact.NOT_SENT  # so it is sent again, and the answer tells
        case Verdict.DECLINED:
            return RefundFact.REFUSED
        case Verdict.NOT_SENT if result.source is Source.REFUND:
            return RefundFact.NOT_SENT
        case Verdict.NOT_SENT | Verdict.UNKNOWN:
            return RefundFact.UNCLEAR


def _returned(refund: Refund, result: RefundResult) -> RefundFact:
    """Raises ImpossibleResult where it says another amount of a refund that is back already: that
    ends nothing. All that went back of the payment holds the refund, or contradicts it."""
    is_within = result.amount_refunded is None or refund.amount <= result.amount_refunded
    if _agrees(refund, result) and is_within:
        return RefundFact.RETURNED
    if refund.state is RefundStatus.SUCCEEDED:
        raise ImpossibleResult(f"{refund.refund_no} went back, with another amount than ours")
    return RefundFact.CONFLICT


def of_split(split: Split, payment: Payment, result: SplitResult) -> SplitFact:
    """What the result says of the split.

    Raises ForeignAccount for the words of an account that the payment is not at, ImpossibleResult
    where they are of another payment and for shares of other amounts than ours.
    """
    require_own_account(split.split_no, payment, split.merchant_id, result)
    if split.payment_no != result.payment_no:
        raise ImpossibleResult(f"{split.split_no} is not a split of {result.payment_no}")
    ours = {share.account: share.amount for share in split.shares}
    if any(
        reported.amount != ours.get(reported.account, reported.amount)
        for reported in result.receivers
    ):
        raise ImpossibleResult(f"the amounts of {split.split_no} differ from ours")
    match result.verdict:
        case Verdict.SUCCEEDED:
            reported = {one.account: one.status for one in result.receivers}
            statuses = {reported.get(account, "processing") for account in ours}
            if "processing" in statuses:
                return SplitFact.UNDER_WAY
            return SplitFact.SHORT if "failed" in statuses else SplitFact.SHARED
        case Verdict.PENDING:
            return SplitFact.UNDER_WAY if result.found else SplitFact.ABSENT
        case Verdict.DECLINED:
            return SplitFact.REFUSED if result.found else SplitFact.ABSENT
        case Verdict.NOT_SENT if result.source is Source.SPLIT:
            return SplitFact.NOT_SENT
        case Verdict.NOT_SENT | Verdict.UNKNOWN:
            return SplitFact.UNCLEAR


def claim_of(payment: Payment, result: PaymentResult) -> ReportedPayment | None:
    """The money that a result says was taken; what it does not state is taken for ours."""
    if not isinstance(result, PaymentSucceeded) or result.source is Source.CLOSE:
        return None
    return ReportedPayment(
        account_id=result.payment_id,
        channel_trade_no=result.channel_trade_no,
        amount=payment.amount if result.amount is None else result.amount,
        currency=result.currency or payment.currency,
        paid_at=result.paid_at,
    )


def _of_close(payment: Payment, result: PaymentResult, asked_at: datetime) -> PaymentFact:
    if not isinstance(result, PaymentSucceeded):
        return PaymentFact.UNCLEAR
    if result.reversed:
        return PaymentFact.REVERSED
    # No end while our own initiation may still arrive there.
    return PaymentFact.UNCLEAR if payment.may_yet_arrive(asked_at) else PaymentFact.ENDED


def why(
    fact: PaymentFact | RefundFact | SplitFact,
    result: PaymentResult | RefundResult | SplitResult | ShareResult,
) -> Failure:
    """The channel's reason, for people."""
    if fact is RefundFact.CONFLICT:
        return CONFLICT
    return Failure(
        code=(result.code or fact.name.lower())[:MAX_CODE_CHARS],
        message=(result.message or NO_REASON)[:MAX_MESSAGE_CHARS],
    )


def _is_silent_about_returns(refund: Refund, result: RefundResult) -> bool:
    """Receivers give back before the refund is made, and only the call itself tells who did."""
    is_open = refund.state is RefundStatus.PROCESSING and bool(refund.returns)
    is_final_here = result.source is Source.REFUND or refund.last_fact is RefundFact.REFUSED
    return is_open and not is_final_here


def _agrees(ours: Payment | Refund, reported: PaymentResult | RefundResult) -> bool:
    return agrees(reported, ours.amount, ours.currency)
