"""How an order is written for Stripe, and how it is found again.

It is asked for by the number that Stripe gave it. Where the answer that told it was lost, by the
time: what was made within seconds of our payment is listed, page by page, and ours has our number.

Source: docs.stripe.com/api/checkout/sessions/create, docs.stripe.com/api/checkout/sessions/list
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from contracts.api import Method
from gateway.channels.formats import cut_to_characters
from gateway.channels.plugin import (
    Answer,
    Call,
    Outcome,
    PayOrder,
    Trade,
    clean,
)
from gateway.channels.stripe import limits, objects
from gateway.channels.stripe.wire import INTENTS, SESSIONS

CHARGE_OF: Final[Mapping[str, str]] = {
    objects.SESSION: "payment_intent.latest_charge",
    objects.INTENT: "latest_charge",
}

MADE_BEFORE: Final = timedelta(seconds=10)
MADE_AFTER: Final = timedelta(seconds=30)
"""Around our payment: the app waits ten seconds for its channel, and clocks differ a little."""


def subject(order: PayOrder, limit: int) -> str:
    """Never empty: Stripe refuses that."""
    return cut_to_characters(clean(order.subject), limit).strip() or order.payment_no


def metadata(order: PayOrder) -> dict[str, str]:
    """`notify_url` tells people at Stripe who is told; where it is too long for that, nothing."""
    noted = {objects.PAYMENT_NO: order.payment_no}
    if len(order.notify_url) <= limits.METADATA_CHARACTERS:
        noted["notify_url"] = order.notify_url
    return noted


def ask(trade: Trade) -> Call:
    """How it stands: the one of this number, or all that were made when ours was."""
    known = trade.channel_trade_no or ""
    is_intent = known.startswith("pi_") if known else trade.method is Method.APP
    kind, path = (objects.INTENT, INTENTS) if is_intent else (objects.SESSION, SESSIONS)
    if known:
        return Call("GET", f"{path}/{known}", query={"expand[0]": CHARGE_OF[kind]})
    return Call(
        "GET",
        path,
        query={
            "created[gte]": str(int((trade.begun_at - MADE_BEFORE).timestamp())),
            "created[lte]": str(int((trade.begun_at + MADE_AFTER).timestamp())),
            "limit": str(limits.PAGE_ROWS),
            "expand[0]": f"data.{CHARGE_OF[kind]}",
        },
    )


def read(answer: Answer, trade: Trade) -> Outcome:
    """Raises Unverifiable where it speaks of another."""
    content = answer.content
    if content.get("object") == objects.LIST:
        found = find(content, trade.payment_no)
        if found is None:
            return objects.not_listed(content, ask(trade))
        return objects.trade(found)
    objects.check_it_is(content, trade.payment_no)
    return objects.trade(content)


def find(listed: Mapping[str, Any], payment_no: str) -> objects.Object | None:
    rows = [each for each in listed["data"] if isinstance(each, Mapping)]
    return next((each for each in rows if objects.payment_no(each) == payment_no), None)
