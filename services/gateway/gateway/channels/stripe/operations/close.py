"""End a payment: the session expires, or the payment intent is cancelled.

Neither call has a key: it is repeated without harm, and a key would repeat an old answer. A payment
whose number at Stripe nobody knows is looked for first, and closed when it is asked for again.

Source: docs.stripe.com/api/checkout/sessions/expire, docs.stripe.com/api/payment_intents/cancel
"""

from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    Outcome,
    Pending,
    Succeeded,
    Trade,
    Unknown,
)
from gateway.channels.stripe import codes, trade
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import INTENTS, SESSIONS


def call(closing: Trade, account: Account) -> Call:
    number = closing.channel_trade_no
    if number is None:
        return trade.ask(closing)
    if number.startswith("pi_"):
        body = {"cancellation_reason": "abandoned"}
        return Call("POST", f"{INTENTS}/{number}/cancel", body=body)
    return Call("POST", f"{SESSIONS}/{number}/expire")


def outcome(answer: Answer, closing: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.CLOSE):
        return refusal
    match trade.read(answer, closing):
        case Declined(closed=True):
            return Succeeded()
        case Pending(found=False):
            return _never_made(answer, closing)
        case Succeeded():
            return Unknown("paid", "it was paid before", is_spoken=False)
        case other:
            return other


def _never_made(answer: Answer, closing: Trade) -> Outcome:
    """Gone once our own call cannot arrive there any more."""
    if answer.moment.now > closing.begun_at + trade.MADE_AFTER:
        return Succeeded(found=False)
    return Unknown("too_early", "it may yet be made", is_spoken=False)
