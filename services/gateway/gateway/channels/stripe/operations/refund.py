"""Give money back, in part or in full. The key of the call is our number of the refund, until
Stripe has kept a refusal under it (`refund_keys`).

Source: docs.stripe.com/api/refunds/create, docs.stripe.com/api/idempotent_requests
"""

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.stripe import amounts, codes, refunds
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import REFUNDS


def call(refunding: Refunding, account: Account) -> Call:
    return Call(
        "POST",
        REFUNDS,
        body={
            "payment_intent": refunds.intent_of(refunding),
            "amount": amounts.write(refunding.amount),
            "reason": "requested_by_customer",
            "metadata": refunds.metadata(refunding),
        },
        idempotency_key=refunding.key or refunding.refund_no,
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    return refunds.read(answer.content, refunding)
