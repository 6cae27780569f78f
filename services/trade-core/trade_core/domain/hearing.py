"""A channel has spoken: what follows from it for the order, its payments and its refunds."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.api import Failure, PaymentStatus, RefundCause, RefundStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import PaymentResult, RefundResult, Source
from trade_core.domain import alerts, closing, facts, ledger, order, payment, refund, refunding
from trade_core.domain.dossier import Dossier
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund

CONFLICT: Final = Failure(
    code="conflict", message="The channel's amount, currency or account differs from ours."
)


def hear_payment(
    dossier: Dossier, result: PaymentResult, *, said_at: datetime, late: LatePayment
) -> None:
    """Apply a result; twice, late or out of order makes no difference.

    Raises ResultRefused where it cannot be true; nothing has changed then.
    """
    was = dossier.payments[result.payment_no]
    fact = facts.of_payment(was, result, said_at)
    state = payment.after(was.state, fact)
    if state is PaymentStatus.SUCCEEDED and was.state is not state:
        _take_money(dossier, was, result=result, late=late)
    else:
        _change(dossier, was, state=state, fact=fact, result=result)
    if fact is payment.Fact.CONFLICT:
        now_is = dossier.payments[was.payment_no]
        dossier.alerts.append(alerts.conflicted(dossier.order, now_is, result))
    if result.source is Source.CLOSE:
        _after_close(dossier, was, fact)


def hear_refund(dossier: Dossier, result: RefundResult) -> None:
    """Apply a result; twice, late or out of order makes no difference.

    Raises ResultRefused where it cannot be true; nothing has changed then.
    """
    was = dossier.refunds[result.refund_no]
    paid = dossier.payments[was.payment_no]
    fact = facts.of_refund(was, paid, result)
    now_is = _refund_after(was, fact, result, dossier.now)
    if now_is == was:
        return
    if now_is.state is not was.state:
        paid = _move_money(dossier, now_is, paid)
    dossier.change_refund(now_is, paid)


def _after_close(dossier: Dossier, was: Payment, fact: payment.Fact) -> None:
    """A close that is uncertain is explained by asking at once. One that worked although we had
    seen the money (a payment code is reversed, 撤销) is for a person."""
    if fact is payment.Fact.ENDED and was.state is PaymentStatus.SUCCEEDED:
        dossier.alerts.append(alerts.closed_after_success(dossier.order, was))
    if fact is payment.Fact.UNCLEAR and was.is_open and not was.is_in_flight(dossier.now):
        dossier.hurried.add(was.payment_no)


def _change(
    dossier: Dossier,
    was: Payment,
    *,
    state: PaymentStatus,
    fact: payment.Fact,
    result: PaymentResult,
) -> None:
    now_is = replace(
        was,
        state=state,
        failure=was.failure if state is was.state else _failure(state, fact, result),
        channel_trade_no=was.channel_trade_no or result.channel_trade_no,
        action=was.action or result.action,
    )
    if now_is != was:
        dossier.change_payment(now_is)


def _failure(state: PaymentStatus, fact: payment.Fact, result: PaymentResult) -> Failure | None:
    match state:
        case PaymentStatus.CONFLICTED:
            return CONFLICT
        case PaymentStatus.FAILED:
            return Failure(
                code=result.code or fact.name.lower(),
                message=result.message or "The channel gave no reason.",
            )
        case _:
            return None


def _take_money(
    dossier: Dossier, was: Payment, *, result: PaymentResult, late: LatePayment
) -> None:
    """First success wins; a later one, or one after the end, goes back by itself."""
    before = dossier.order
    cause = order.return_cause(
        before, dossier.payments.values(), was, paid_at=result.paid_at, late=late
    )
    paid = replace(
        was,
        state=PaymentStatus.SUCCEEDED,
        settles=cause is None,
        paid_at=result.paid_at or dossier.now,
        failure=None,
        channel_trade_no=was.channel_trade_no or result.channel_trade_no,
        action=was.action or result.action,
    )
    entry = ledger.of_payment(
        ledger.Kind.PAYMENT_CAPTURED, paid, merchant_id=before.merchant_id, at=dossier.now
    )
    dossier.entries.append(entry)
    dossier.change_payment(paid)
    if cause is not None:
        dossier.alerts.append(alerts.returned_by_itself(before, paid, cause))
        refunding.return_money(dossier, paid, cause)
        return
    if (paid.amount, paid.currency) != (before.amount, before.currency):
        dossier.alerts.append(alerts.paid_other_amount(before, paid))
    closing.close_payments(dossier)


def _refund_after(was: Refund, fact: refund.Fact, result: RefundResult, now: datetime) -> Refund:
    state = refund.after(was.state, fact)
    channel_refund_no = was.channel_refund_no or result.channel_refund_no
    if state is was.state:
        heard = fact if state is RefundStatus.PROCESSING else was.heard
        return replace(was, heard=heard, channel_refund_no=channel_refund_no)
    succeeded = state is RefundStatus.SUCCEEDED
    failure = Failure(
        code=result.code or fact.name.lower(),
        message=result.message or "The channel gave no reason.",
    )
    return replace(
        was,
        state=state,
        channel_refund_no=channel_refund_no,
        refunded_at=(result.refunded_at or now) if succeeded else None,
        failure=None if succeeded else failure,
    )


def _move_money(dossier: Dossier, decided: Refund, paid: Payment) -> Payment:
    """Book what the channel decided; the payment with its new amounts."""
    match decided.state:
        case RefundStatus.SUCCEEDED:
            kind = ledger.Kind.REFUND_SETTLED
            paid = replace(paid, amount_refunded=paid.amount_refunded + decided.amount)
        case RefundStatus.FAILED:
            kind = ledger.Kind.REFUND_RELEASED
            paid = replace(paid, refund_reserved=paid.refund_reserved - decided.amount)
        case _:
            dossier.alerts.append(alerts.refund_needs_a_person(dossier.order, paid, decided))
            return paid
    dossier.entries.append(ledger.of_refund(kind, decided, paid, at=dossier.now))
    if decided.state is RefundStatus.FAILED and decided.cause is not RefundCause.REQUESTED:
        dossier.alerts.append(alerts.refund_needs_a_person(dossier.order, paid, decided))
    return paid
