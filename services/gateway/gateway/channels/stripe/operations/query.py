"""What became of a payment.

Source: docs.stripe.com/api/checkout/sessions/retrieve, docs.stripe.com/api/payment_intents/retrieve
"""

from gateway.channels.plugin import Answer, Call, Outcome, Trade
from gateway.channels.stripe import codes, trade
from gateway.channels.stripe.credentials import Account


def call(asked: Trade, account: Account) -> Call:
    return trade.ask(asked)


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.ASK):
        return refusal
    return trade.read(answer, asked)
