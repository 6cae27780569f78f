"""How a refund is written for Stripe, and whose it is.

Source: docs.stripe.com/api/refunds/object
"""

from gateway.channels.formats import cut_to_characters, text
from gateway.channels.plugin import Outcome, Refunding, Unverifiable, clean
from gateway.channels.stripe import limits, objects


def intent_of(refunding: Refunding) -> str:
    """What was paid. Raises LookupError where nobody knows its number: then nothing is sent."""
    if not refunding.trade.channel_trade_no:
        raise LookupError("the payment has no number at Stripe")
    return refunding.trade.channel_trade_no


def metadata(refunding: Refunding) -> dict[str, str]:
    """Stripe's own `reason` is one of three words; the app's stands here."""
    return {
        objects.REFUND_NO: refunding.refund_no,
        objects.PAYMENT_NO: refunding.trade.payment_no,
        "reason": cut_to_characters(clean(refunding.reason or ""), limits.METADATA_CHARACTERS),
    }


def refund_no(content: objects.Object) -> str:
    return text(content, "metadata", objects.REFUND_NO)


def read(content: objects.Object, refunding: Refunding) -> Outcome:
    """How it stands. Raises Unverifiable where it is another refund."""
    is_it = text(content, "object") == objects.REFUND and refund_no(content) == refunding.refund_no
    if not is_it or objects.payment_no(content) != refunding.trade.payment_no:
        raise Unverifiable("the answer speaks of another refund")
    return objects.refund(content)
