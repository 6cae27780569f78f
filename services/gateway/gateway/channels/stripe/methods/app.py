"""In an app: Stripe's SDK takes the payment intent's client secret and the publishable key.

Source: docs.stripe.com/api/payment_intents/create, docs.stripe.com/payments/accept-a-payment
"""

from contracts.actions import AppAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.stripe import amounts, codes, limits, objects, trade
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import INTENTS


def call(order: PayOrder, account: Account) -> Call:
    return Call(
        "POST",
        INTENTS,
        body={
            "amount": amounts.write(order.amount),
            "currency": order.amount.currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "description": trade.subject(order, limits.DESCRIPTION_CHARACTERS),
            "metadata": trade.metadata(order),
        },
        idempotency_key=order.payment_no,
    )


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    objects.check_it_is(answer.content, order.payment_no)
    stated = objects.intent(answer.content)
    if not isinstance(stated, Pending):
        return stated
    secret = text(answer.content, "client_secret")
    if not secret or not stated.channel_no:
        raise Unverifiable("no client_secret")
    params = {"client_secret": secret, "payment_intent": stated.channel_no}
    if account.publishable_key:
        params["publishable_key"] = account.publishable_key
    return Pending(AppAction(params=params), channel_no=stated.channel_no)
