"""In a browser on a computer: Stripe's hosted page (Checkout).

Source: docs.stripe.com/payments/checkout
"""

from gateway.channels.plugin import Call, PayOrder
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.methods.hosted import outcome, place

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    return place(order)
