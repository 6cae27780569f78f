"""Stripe: Checkout Sessions, PaymentIntents, refunds, balance transactions, events."""
