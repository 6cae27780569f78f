"""Stripe among the third parties."""

from sandbox.deps import Party
from sandbox.stripe import routes
from sandbox.stripe.account import KIND, StripeAccount
from sandbox.stripe.notifications import StripeNotifications

PARTY: Party[StripeAccount] = Party(
    kind=KIND,
    title="Stripe",
    colour="#635bff",
    routes=routes.routes,
    notifications=StripeNotifications,
    judged_by="`stripe` (PyPI)",
    has_disputes=True,
)
