"""People decide what no rule can: a payment in conflict with its channel, a stuck refund."""

from dataclasses import replace
from typing import assert_never

from contracts.api import Failure, PaymentStatus, RefundCause, RefundStatus
from contracts.internal import ClaimSeen, PaymentDecision, RefundDecision
from contracts.money import MINOR_DIGITS
from trade_core.domain import closing, ledger, moved_outside, refund_reservation, splitting
from trade_core.domain import payment as payments
from trade_core.domain import refund as refunds
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.due import NextCheck
from trade_core.domain.operator_errors import ClaimChanged, DecisionImpossible, VersionChanged
from trade_core.domain.payment import Payment, ReportedPayment
from trade_core.domain.refund import Refund

IGNORED = Failure(code="ignored", message="A person decided that this is no money of the centre.")


def decide_payment(
    aggregate: OrderAggregate, payment_no: str, decision: PaymentDecision, *, seen: ClaimSeen | None
) -> None:
    """End a conflict, of which the person saw this claim. From then on the payment has the amount
    that the channel really took: with it the channel's words agree with ours, and no more than that
    can ever be refunded.

    Raises DecisionImpossible, ClaimChanged; nothing has changed then.
    """
    payment = aggregate.payments[payment_no]
    if payment.state is not PaymentStatus.CONFLICTED:
        raise DecisionImpossible(f"Payment {payment_no} is {payment.state}, not conflicted.")
    if claim_shown(payment) != seen:
        raise ClaimChanged(claim_shown(payment))
    match decision:
        case PaymentDecision.ACCEPT:
            _accept(aggregate, payment)
        case PaymentDecision.REFUND:
            paid = _take(aggregate, payment, payments.PaymentFact.SENT_BACK)
            refund_reservation.return_money(aggregate, paid, RefundCause.REQUESTED)
        case PaymentDecision.IGNORE:
            _require_disagreement(payment)
            state = payments.after(payment.state, payments.PaymentFact.IGNORED)
            aggregate.change_payment(replace(payment, state=state, failure=IGNORED))
        case _:
            assert_never(decision)


def decide_refund(
    aggregate: OrderAggregate, refund_no: str, decision: RefundDecision, *, seen: int
) -> None:
    """End what is abnormal, or have the channel send the money to the merchant's own account.
    `seen` is the version of the refund that the person saw. The aggregate must know all refunds of
    the payment: what waited for the end of this one is looked at again.

    Raises VersionChanged, DecisionImpossible; nothing has changed then.
    """
    refund = aggregate.refunds[refund_no]
    if refund.version != seen:
        raise VersionChanged(refund.version)
    if refund.state is not RefundStatus.ABNORMAL:
        raise DecisionImpossible(f"Refund {refund_no} is {refund.state}, not abnormal.")
    if refund.is_paid_out:
        raise DecisionImpossible(f"The channel is just being asked to pay refund {refund_no} out.")
    match decision:
        case RefundDecision.PAY_OUT:
            _pay_out(aggregate, refund)
        case RefundDecision.SETTLED_OUTSIDE:
            _settle_outside(aggregate, refund)
            moved_outside.apply_held(aggregate, refund.payment_no)
        case RefundDecision.RELEASE:
            _release(aggregate, refund)
            moved_outside.apply_held(aggregate, refund.payment_no)
        case _:
            assert_never(decision)


def claim_shown(payment: Payment) -> ClaimSeen | None:
    """What a person sees of it, and names when deciding (decide-what-was-seen)."""
    claim = payment.claim
    if claim is None:
        return None
    return ClaimSeen(
        payment_id=claim.account_id,
        channel_trade_no=claim.channel_trade_no,
        amount=claim.amount,
        currency=claim.currency,
    )


def _require_disagreement(payment: Payment) -> None:
    """Money that is all that we asked for cannot be said to be none."""
    claim = payment.claim
    ours = (payment.account_id, payment.amount, payment.currency)
    if claim is not None and (claim.account_id, claim.amount, claim.currency) == ours:
        raise DecisionImpossible(
            "The channel took, in the payment's own account, just what was to be paid."
        )


def _accept(aggregate: OrderAggregate, payment: Payment) -> None:
    """The order is paid with what was taken, also where that is late."""
    if any(other.settles for other in aggregate.payments.values()):
        raise DecisionImpossible("Another payment has paid the order: this one can only go back.")
    if payment.claim is not None and payment.claim.currency != payment.currency:
        raise DecisionImpossible("The order cannot be paid in another currency.")
    _take(aggregate, payment, payments.PaymentFact.ACCEPTED)
    closing.close_payments(aggregate)
    splitting.split_by_itself(aggregate, payment.payment_no)


def _take(aggregate: OrderAggregate, was: Payment, fact: payments.PaymentFact) -> Payment:
    """Book what the channel took, as what it took."""
    claim = _bookable(was)
    paid = replace(
        was,
        state=payments.after(was.state, fact),
        amount=claim.amount,
        currency=claim.currency,
        settles=fact is payments.PaymentFact.ACCEPTED,
        paid_at=claim.paid_at or aggregate.now,
        failure=None,
        channel_trade_no=claim.channel_trade_no or was.channel_trade_no,
    )
    entry = ledger.of_payment(
        ledger.Kind.PAYMENT_CAPTURED,
        paid,
        merchant_id=aggregate.order.merchant_id,
        at=aggregate.now,
    )
    aggregate.entries.append(entry)
    aggregate.change_payment(paid)
    return paid


def _bookable(payment: Payment) -> ReportedPayment:
    claim = payment.claim
    is_own = claim is not None and claim.account_id == payment.account_id
    if claim is None or not is_own or claim.amount <= 0 or claim.currency not in MINOR_DIGITS:
        raise DecisionImpossible("The channel has not said that it took any money we could book.")
    return claim


def _pay_out(aggregate: OrderAggregate, refund: Refund) -> None:
    if refund.cause is RefundCause.EXTERNAL:
        raise DecisionImpossible(f"The channel knows no refund {refund.refund_no} to pay out.")
    paying = replace(
        refund, decided=RefundDecision.PAY_OUT, last_fact=None, last_said_at=aggregate.now
    )
    aggregate.change_refund(paying, aggregate.payments[refund.payment_no])
    aggregate.next_checks[refund.refund_no] = NextCheck(aggregate.now)


def _settle_outside(aggregate: OrderAggregate, refund: Refund) -> None:
    paid = aggregate.payments[refund.payment_no]
    settled = replace(
        refund,
        state=refunds.after(refund.state, refunds.RefundFact.SETTLED_OUTSIDE),
        decided=RefundDecision.SETTLED_OUTSIDE,
        refunded_at=aggregate.now,
        failure=None,
    )
    kind = ledger.Kind.REFUND_SETTLED_OUTSIDE
    aggregate.entries.append(ledger.of_refund(kind, settled, paid, at=aggregate.now))
    amount_refunded = paid.amount_refunded + settled.amount
    aggregate.change_refund(settled, replace(paid, amount_refunded=amount_refunded))


def _release(aggregate: OrderAggregate, refund: Refund) -> None:
    """The reservation ends; the money may be refunded anew."""
    paid = aggregate.payments[refund.payment_no]
    released = replace(
        refund,
        state=refunds.after(refund.state, refunds.RefundFact.RELEASED),
        decided=RefundDecision.RELEASE,
    )
    kind = ledger.Kind.REFUND_RELEASED
    aggregate.entries.append(ledger.of_refund(kind, released, paid, at=aggregate.now))
    reserved = paid.refund_reserved - released.amount
    aggregate.change_refund(released, replace(paid, refund_reserved=reserved))
