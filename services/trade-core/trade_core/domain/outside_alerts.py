"""What people must hear of money that went back at a channel without us (`money-moved-outside`)."""

from contracts.events.alerts import Alert, Severity
from contracts.money import Money
from trade_core.domain.alerts import money, numbers, of_refund
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund


def refunded_outside(order: Order, payment: Payment, refund: Refund) -> Alert:
    """Money went back that nobody here had asked for; it is booked."""
    return Alert(
        key=f"refund.external:{refund.refund_no}",
        severity=Severity.WARNING,
        title="A payment was refunded outside the centre",
        detail=f"{Money(refund.amount, refund.currency)} of {payment.payment_no} went back at the"
        " channel; it is booked as a refund.",
        merchant_id=order.merchant_id,
        facts={
            **of_refund(order, payment, refund),
            "channel_refund_no": refund.channel_refund_no,
        },
    )


def disputed(order: Order, payment: Payment, refund: Refund) -> Alert:
    """The payer's bank took money back; it is booked, and the merchant may contest it."""
    return Alert(
        key=f"refund.disputed:{refund.refund_no}",
        severity=Severity.CRITICAL,
        title="The payer's bank took money back (dispute)",
        detail=f"{Money(refund.amount, refund.currency)} of {payment.payment_no} are disputed; they"
        " are booked as a refund. Whoever contests it has little time.",
        merchant_id=order.merchant_id,
        facts={
            **of_refund(order, payment, refund),
            "channel_refund_no": refund.channel_refund_no,
        },
    )


def less_went_back(order: Order, payment: Payment, *, total: int, booked: int) -> Alert:
    """The channel counts less than the refunds that are booked: one may be back there."""
    return Alert(
        key=f"refund.less_went_back:{payment.payment_no}",
        severity=Severity.CRITICAL,
        title="A channel says that less went back than is booked",
        detail=f"Of {payment.payment_no} {Money(booked, payment.currency)} are booked as refunded;"
        f" the channel says {Money(total, payment.currency)}.",
        merchant_id=order.merchant_id,
        facts={
            **numbers(order, payment),
            "said_amount": total,
            "our_amount": booked,
            "currency": payment.currency,
        },
    )


def more_went_back(order: Order, payment: Payment, *, total: int, missing: int) -> Alert:
    """Only the answer to a refund says that more went back; nothing is booked of it."""
    return Alert(
        key=f"refund.more_went_back:{payment.payment_no}",
        severity=Severity.WARNING,
        title="A channel says that more went back than is booked",
        detail=f"Of {payment.payment_no} {Money(total, payment.currency)} went back by the answer"
        f" to a refund, {Money(missing, payment.currency)} of it without us; it is booked when the"
        " channel says it otherwise too.",
        merchant_id=order.merchant_id,
        facts={
            **numbers(order, payment),
            "said_amount": total,
            "missing": missing,
            "currency": payment.currency,
        },
    )


def external_exceeds_paid(order: Order, payment: Payment, missing: int) -> Alert:
    """More went back than the payment has left here: what does not fit is not booked."""
    return Alert(
        key=f"refund.external_exceeds:{payment.payment_no}",
        severity=Severity.CRITICAL,
        title="More went back at a channel than the books can hold",
        detail=f"{Money(missing, payment.currency)} beyond what is left of {payment.payment_no}"
        " went back, or refunds that are under way here will be refused.",
        merchant_id=order.merchant_id,
        facts={**numbers(order, payment), "missing": missing, "currency": payment.currency},
    )


def refunded_unknown_amount(order: Order, payment: Payment) -> Alert:
    """The channel says that money went back, and neither how much nor by whom."""
    return Alert(
        key=f"payment.refunded_outside:{payment.payment_no}",
        severity=Severity.CRITICAL,
        title="A channel says that a payment was refunded outside the centre",
        detail=f"Of {money(payment)} some or all went back; the statement of the day will say.",
        merchant_id=order.merchant_id,
        facts=numbers(order, payment),
    )
