"""What people must hear of; alerts with the same key are one trouble."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from contracts.api import RefundCause
from contracts.events.alerts import Alert, Severity
from contracts.events.results import PaymentResult, RefundResult
from contracts.money import Money
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund, RefundFact
from trade_core.domain.split import Split


def conflicted(order: Order, payment: Payment, result: PaymentResult) -> Alert:
    """The channel's words differ from our books; nothing was booked."""
    return Alert(
        key=f"payment.conflicted:{payment.payment_no}",
        severity=Severity.CRITICAL,
        title="A payment is in conflict with its channel",
        detail=f"Payment {payment.payment_no} is {payment.state}; compare it with the channel.",
        merchant_id=order.merchant_id,
        facts={
            **numbers(order, payment),
            "our_amount": payment.amount,
            "our_currency": payment.currency,
            "said_amount": result.amount,
            "said_currency": result.currency,
            "said_trade_no": result.channel_trade_no,
        },
    )


def paid_before_reversal(order: Order, payment: Payment, result: PaymentResult) -> Alert:
    """A word of money that may be older than the money's way back; nothing was booked."""
    return Alert(
        key=f"payment.paid_before_reversal:{payment.payment_no}",
        severity=Severity.WARNING,
        title="A payment was said to be paid that had been given back",
        detail=f"Payment {payment.payment_no} of {money(payment)} stays {payment.state}; its"
        " channel is asked again.",
        merchant_id=order.merchant_id,
        facts={
            **numbers(order, payment),
            "source": result.source,
            "said_trade_no": result.channel_trade_no,
        },
    )


def second_trade(order: Order, payment: Payment, result: PaymentResult) -> Alert:
    """The channel names another trade than before; only one of them can be the payment's."""
    return Alert(
        key=f"payment.second_trade:{payment.payment_no}",
        severity=Severity.WARNING,
        title="A channel names a second trade of one payment",
        detail=f"Payment {payment.payment_no} of {money(payment)} had another one: look for money"
        " that was taken twice.",
        merchant_id=order.merchant_id,
        facts={
            **numbers(order, payment),
            "said_trade_no": result.channel_trade_no,
            "verdict": result.verdict,
        },
    )


def closed_after_success(order: Order, payment: Payment) -> Alert:
    """The channel closed a trade that it had told us was paid."""
    return Alert(
        key=f"payment.closed_after_success:{payment.payment_no}",
        severity=Severity.CRITICAL,
        title="A paid payment was closed at its channel",
        detail=f"Whether {money(payment)} went back to the payer must be looked up there.",
        merchant_id=order.merchant_id,
        facts=numbers(order, payment),
    )


def returned_by_itself(order: Order, payment: Payment, cause: RefundCause) -> Alert:
    """Money that came twice or too late goes back in full."""
    return Alert(
        key=f"payment.{cause}:{payment.payment_no}",
        severity=Severity.WARNING,
        title=f"A {cause} payment is being returned",
        detail=f"Payment {payment.payment_no} of {money(payment)} goes back to the payer in full.",
        merchant_id=order.merchant_id,
        facts=numbers(order, payment),
    )


def paid_other_amount(order: Order, payment: Payment) -> Alert:
    """An older attempt was paid after the app had changed the order's amount."""
    return Alert(
        key=f"order.amount:{order.order_id}",
        severity=Severity.WARNING,
        title="An order was paid with its former amount",
        detail=f"The payer saw {money(payment)}; meanwhile the order says"
        f" {Money(order.amount, order.currency)}.",
        merchant_id=order.merchant_id,
        facts=numbers(order, payment),
    )


def refund_needs_a_person(
    order: Order, payment: Payment, refund: Refund, result: RefundResult
) -> Alert:
    """The channel could not return the money, or not this amount, or refused what the centre itself
    wanted back."""
    stated = {"said_amount": result.amount, "said_currency": result.currency}
    return Alert(
        key=f"refund.{refund.state}:{refund.refund_no}",
        severity=Severity.CRITICAL,
        title=f"A refund is {refund.state}",
        detail=refund.failure.message if refund.failure else "The channel gave no reason.",
        merchant_id=order.merchant_id,
        facts={
            **of_refund(order, payment, refund),
            "cause": refund.cause,
            **(stated if refund.last_fact is RefundFact.CONFLICT else {}),
        },
    )


def returned_after_failure(order: Order, payment: Payment, refund: Refund) -> Alert:
    """A refund that was said to have failed went back: booked, though its app heard otherwise."""
    return _contradicted(order, payment, refund, "went back after all; it is booked as succeeded")


def under_way_after_failure(order: Order, payment: Payment, refund: Refund) -> Alert:
    """A refund that was said to have failed is under way; its channel is asked until it says."""
    return _contradicted(order, payment, refund, "is said to be under way; it is asked about")


def returned_otherwise(order: Order, payment: Payment, refund: Refund) -> Alert:
    """A refund that was said to have failed is said to have gone back with another amount."""
    what = "is said to have gone back with another amount; nothing is booked of it"
    return _contradicted(order, payment, refund, what)


def returned_twice(order: Order, payment: Payment, refund: Refund) -> Alert:
    """The channel returned a refund that a person had settled by other means."""
    return Alert(
        key=f"refund.returned_twice:{refund.refund_no}",
        severity=Severity.CRITICAL,
        title="A refund reached the payer twice",
        detail="A person said that the payer has the money; now the channel has returned it too.",
        merchant_id=order.merchant_id,
        facts=of_refund(order, payment, refund),
    )


def split_failed(order: Order, payment: Payment, split: Split) -> Alert:
    """A split that was asked for with the payment left somebody without their share."""
    return Alert(
        key=f"split.failed:{split.split_no}",
        severity=Severity.WARNING,
        title="A split with the payment failed",
        detail=split.failure.message if split.failure else "The channel gave no reason.",
        merchant_id=order.merchant_id,
        facts={**numbers(order, payment), "split_no": split.split_no},
    )


def split_impossible(order: Order, payment: Payment) -> Alert:
    """Less was paid than was to be split, or some of it has gone back."""
    return Alert(
        key=f"split.impossible:{payment.payment_no}",
        severity=Severity.WARNING,
        title="A payment cannot be split as it was asked for",
        detail=f"The receivers were to get more than is left of {money(payment)}; split it anew.",
        merchant_id=order.merchant_id,
        facts=numbers(order, payment),
    )


_NOT_TAKEN: Final = (
    "is refused for now, often because the merchant's balance is too small, and is sent again; once"
    " that is mended it is made, within three hours at most. Do not refund it by hand"
)


def still_unclear(order: Order, payment: Payment, about: Refund | Split | None) -> Alert:
    """A channel has not said for ten minutes what became of it; it goes on being asked."""
    how = "is still asked about"
    match about:
        case None:
            number, what = payment.payment_no, f"Payment {payment.payment_no}"
        case Refund():
            number, what = about.refund_no, f"Refund {about.refund_no}"
            if about.last_fact is RefundFact.NOT_SENT:
                how = _NOT_TAKEN
        case Split():
            number, what = about.split_no, f"Split {about.split_no}"
    return Alert(
        key=f"channel.unclear:{number}",
        severity=Severity.WARNING,
        title="A channel does not say what became of it",
        detail=f"{what} {how} at {payment.channel}.",
        merchant_id=order.merchant_id,
        facts={**numbers(order, payment), "payment_id": payment.account_id},
    )


def _contradicted(order: Order, payment: Payment, refund: Refund, what: str) -> Alert:
    return Alert(
        key=f"refund.contradicted:{refund.refund_no}",
        severity=Severity.CRITICAL,
        title="A channel contradicts itself about a refund that failed",
        detail=f"Refund {refund.refund_no} failed, and {what}.",
        merchant_id=order.merchant_id,
        facts=of_refund(order, payment, refund),
    )


def of_refund(order: Order, payment: Payment, refund: Refund) -> Mapping[str, JsonValue]:
    """As `numbers`, of a refund."""
    return {
        **numbers(order, payment),
        "refund_no": refund.refund_no,
        "amount": refund.amount,
        "currency": refund.currency,
    }


def numbers(order: Order, payment: Payment) -> Mapping[str, JsonValue]:
    """By what people find the payment."""
    return {
        "merchant_order_no": order.merchant_order_no,
        "payment_no": payment.payment_no,
        "channel_trade_no": payment.channel_trade_no,
        "app_id": order.app_id,
    }


def money(payment: Payment) -> Money:
    return Money(payment.amount, payment.currency)
