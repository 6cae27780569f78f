"""Stripe among the third parties."""

from sandbox.stripe import routes
from sandbox.stripe.account import KIND, StripeAccount
from sandbox.stripe.notices import StripeNotices
from sandbox.world import Party

PARTY: Party[StripeAccount] = Party(
    kind=KIND,
    title="Stripe",
    colour="#635bff",
    routes=routes.routes,
    notices=StripeNotices,
    judged_by="`stripe` (PyPI)",
    has_disputes=True,
)
