"""Stripe: its hosted page (Checkout), payments in apps (PaymentIntents), in many currencies.

`plugin.py` lists everything; each way to pay is a file in `methods/`, each operation one in
`operations/`; `wire.py` speaks to the API and verifies webhooks, `objects.py` reads what it tells,
`codes.py` says what each error means.
"""

from gateway.channels.stripe.plugin import PLUGIN

__all__ = ["PLUGIN"]
