"""People decide what no rule can: a payment in conflict with its channel, a stuck refund."""

from dataclasses import replace
from typing import assert_never

from contracts.api import Failure, PaymentStatus, RefundCause, RefundStatus
from contracts.internal import PaymentDecision, RefundDecision
from contracts.money import MINOR_DIGITS
from trade_core.domain import closing, ledger, refunding, splitting
from trade_core.domain import payment as payments
from trade_core.domain import refund as refunds
from trade_core.domain.dossier import Dossier
from trade_core.domain.due import Look
from trade_core.domain.errors import DecisionImpossible
from trade_core.domain.payment import Claim, Payment
from trade_core.domain.refund import Refund

IGNORED = Failure(code="ignored", message="A person decided that this is no money of the centre.")


def decide_payment(dossier: Dossier, payment_no: str, decision: PaymentDecision) -> None:
    """End a conflict. From then on the payment has the amount that the channel really took: with
    it the channel's words agree with ours, and no more than that can ever be refunded.

    Raises DecisionImpossible; nothing has changed then.
    """
    payment = dossier.payments[payment_no]
    if payment.state is not PaymentStatus.CONFLICTED:
        raise DecisionImpossible(f"Payment {payment_no} is {payment.state}, not conflicted.")
    match decision:
        case PaymentDecision.ACCEPT:
            _accept(dossier, payment)
        case PaymentDecision.REFUND:
            paid = _take(dossier, payment, payments.Fact.SENT_BACK)
            refunding.return_money(dossier, paid, RefundCause.REQUESTED)
        case PaymentDecision.IGNORE:
            state = payments.after(payment.state, payments.Fact.IGNORED)
            dossier.change_payment(replace(payment, state=state, failure=IGNORED))
        case _:
            assert_never(decision)


def decide_refund(dossier: Dossier, refund_no: str, decision: RefundDecision) -> None:
    """End what is abnormal, or have the channel send the money to the merchant's own account.

    Raises DecisionImpossible; nothing has changed then.
    """
    refund = dossier.refunds[refund_no]
    if refund.state is not RefundStatus.ABNORMAL:
        raise DecisionImpossible(f"Refund {refund_no} is {refund.state}, not abnormal.")
    if refund.is_paid_out:
        raise DecisionImpossible(f"The channel is just being asked to pay refund {refund_no} out.")
    match decision:
        case RefundDecision.PAY_OUT:
            _pay_out(dossier, refund)
        case RefundDecision.SETTLED_OUTSIDE:
            _settle_outside(dossier, refund)
        case RefundDecision.RELEASE:
            _release(dossier, refund)
        case _:
            assert_never(decision)


def _accept(dossier: Dossier, payment: Payment) -> None:
    """The order is paid with what was taken, also where that is late."""
    if any(other.settles for other in dossier.payments.values()):
        raise DecisionImpossible("Another payment has paid the order: this one can only go back.")
    if payment.claim is not None and payment.claim.currency != payment.currency:
        raise DecisionImpossible("The order cannot be paid in another currency.")
    paid = _take(dossier, payment, payments.Fact.ACCEPTED)
    closing.close_payments(dossier)
    splitting.split_by_itself(dossier, paid)


def _take(dossier: Dossier, was: Payment, fact: payments.Fact) -> Payment:
    """Book what the channel took, as what it took."""
    claim = _bookable(was)
    paid = replace(
        was,
        state=payments.after(was.state, fact),
        amount=claim.amount,
        currency=claim.currency,
        settles=fact is payments.Fact.ACCEPTED,
        paid_at=claim.paid_at or dossier.now,
        failure=None,
        channel_trade_no=claim.channel_trade_no or was.channel_trade_no,
    )
    entry = ledger.of_payment(
        ledger.Kind.PAYMENT_CAPTURED, paid, merchant_id=dossier.order.merchant_id, at=dossier.now
    )
    dossier.entries.append(entry)
    dossier.change_payment(paid)
    return paid


def _bookable(payment: Payment) -> Claim:
    claim = payment.claim
    if claim is None or claim.amount <= 0 or claim.currency not in MINOR_DIGITS:
        raise DecisionImpossible("The channel has not said that it took any money we could book.")
    if claim.payment_id != payment.payment_id:
        raise DecisionImpossible(
            f"The money is in account {claim.payment_id}, where this payment never was:"
            " handle it at that channel, then ignore the conflict."
        )
    return claim


def _pay_out(dossier: Dossier, refund: Refund) -> None:
    paying = replace(refund, decided=RefundDecision.PAY_OUT, heard=None)
    dossier.change_refund(paying, dossier.payments[refund.payment_no])
    dossier.looks[refund.refund_no] = Look(dossier.now)


def _settle_outside(dossier: Dossier, refund: Refund) -> None:
    paid = dossier.payments[refund.payment_no]
    settled = replace(
        refund,
        state=refunds.after(refund.state, refunds.Fact.SETTLED_OUTSIDE),
        decided=RefundDecision.SETTLED_OUTSIDE,
        refunded_at=dossier.now,
        failure=None,
    )
    kind = ledger.Kind.REFUND_SETTLED_OUTSIDE
    dossier.entries.append(ledger.of_refund(kind, settled, paid, at=dossier.now))
    amount_refunded = paid.amount_refunded + settled.amount
    dossier.change_refund(settled, replace(paid, amount_refunded=amount_refunded))


def _release(dossier: Dossier, refund: Refund) -> None:
    """The reservation ends; the money may be refunded anew."""
    paid = dossier.payments[refund.payment_no]
    released = replace(
        refund,
        state=refunds.after(refund.state, refunds.Fact.RELEASED),
        decided=RefundDecision.RELEASE,
    )
    kind = ledger.Kind.REFUND_RELEASED
    dossier.entries.append(ledger.of_refund(kind, released, paid, at=dossier.now))
    reserved = paid.refund_reserved - released.amount
    dossier.change_refund(released, replace(paid, refund_reserved=reserved))
