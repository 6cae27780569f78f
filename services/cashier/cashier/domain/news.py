"""News of an order, applied to what is known of its checkout."""

from contracts.events.orders import OrderEvent
from contracts.internal import Checkout


def applied(checkout: Checkout, event: OrderEvent) -> Checkout:
    """The checkout after this event; what is older than what is known changes nothing.

    An event carries the order and the payment or refund it is about, whole. Events of the same
    version come one after the other.
    """
    if event.sequence < checkout.sequence:
        return checkout
    payments, refunds = checkout.payments, checkout.refunds
    if (payment := event.payment) is not None:
        others = [each for each in payments if each.payment_no != payment.payment_no]
        payments = sorted([*others, payment], key=lambda each: (each.created_at, each.payment_no))
    if (refund := event.refund) is not None:
        others_refunds = [each for each in refunds if each.refund_no != refund.refund_no]
        refunds = sorted([*others_refunds, refund], key=lambda each: each.refund_no)
    return checkout.model_copy(
        update={
            "order": event.order,
            "payments": payments,
            "refunds": refunds,
            "sequence": event.sequence,
        }
    )


def seen_from(checkout: Checkout, payment_no: str) -> Checkout:
    """The same order by the address of another of its attempts."""
    own = (each for each in checkout.payments if each.payment_no == payment_no)
    return checkout.model_copy(update={"payment": next(own, checkout.payment)})
