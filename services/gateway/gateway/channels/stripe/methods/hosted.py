"""What all ways to Stripe's page have in common: a Checkout Session is made, its page the answer.

Never two for one payment: the key of the call is our number, and whatever repeats it gets the
session that there is.

Source: docs.stripe.com/api/checkout/sessions/create
"""

from contracts.actions import RedirectAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.stripe import amounts, codes, limits, objects, trade
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import SESSIONS


def place(order: PayOrder) -> Call:
    """`success_url` is required; `cancel_url` is not, and without one of the app's own the payer
    who does not pay stays at Stripe. Both the session and its payment intent carry our number,
    because events name either."""
    life = min(max(order.expires_at - order.begun_at, limits.SHORTEST_LIFE), limits.LONGEST_LIFE)
    noted = trade.metadata(order)
    return Call(
        "POST",
        SESSIONS,
        body={
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.amount.currency.lower(),
                        "unit_amount": amounts.write(order.amount),
                        "product_data": {"name": trade.subject(order, limits.NAME_CHARACTERS)},
                    },
                }
            ],
            "client_reference_id": order.payment_no,
            "success_url": order.back_url,
            "cancel_url": order.return_url,
            "expires_at": int((order.begun_at + life).timestamp()),
            "metadata": noted,
            "payment_intent_data": {
                "description": trade.subject(order, limits.DESCRIPTION_CHARACTERS),
                "metadata": {**noted, objects.IS_HOSTED: True},
            },
        },
        idempotency_key=order.payment_no,
    )


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    objects.check_it_is(answer.content, order.payment_no)
    stated = objects.session(answer.content)
    if not isinstance(stated, Pending):
        return stated
    url = text(answer.content, "url")
    if not url or not stated.channel_no:
        raise Unverifiable("no url")
    return Pending(RedirectAction(url=url), channel_no=stated.channel_no)
