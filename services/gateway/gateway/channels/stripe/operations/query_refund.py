"""What became of a refund: by Stripe's number of it, or among all of its payment.

Source: docs.stripe.com/api/refunds/retrieve, docs.stripe.com/api/refunds/list
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.stripe import codes, limits, objects, refunds
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import REFUNDS

MADE_BEFORE: Final = timedelta(days=1)
"""More than any two clocks differ: none of an earlier time is ours, and few are of a later one."""


def call(refunding: Refunding, account: Account) -> Call:
    if refunding.channel_refund_no:
        return Call("GET", f"{REFUNDS}/{refunding.channel_refund_no}")
    return Call(
        "GET",
        REFUNDS,
        query={
            "payment_intent": refunds.intent_of(refunding),
            "created[gte]": str(int((refunding.created_at - MADE_BEFORE).timestamp())),
            "limit": str(limits.PAGE_ROWS),
        },
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.ASK):
        return refusal
    content = answer.content
    if content.get("object") != objects.LIST:
        return refunds.read(content, refunding)
    rows = [each for each in content["data"] if isinstance(each, Mapping)]
    for each in rows:
        if refunds.refund_no(each) == refunding.refund_no:
            return refunds.read(each, refunding)
    return objects.not_listed(content, call(refunding, account))
