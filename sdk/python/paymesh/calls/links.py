"""/v1/payment-links: an address that is sent to a payer, who pays there on the centre's page."""

from dataclasses import replace
from typing import Any

from paymesh import exchange
from paymesh.exchange import Call, path, post
from paymesh.models.answers import PaymentLinkView
from paymesh.models.requests import CreatePaymentLink


def create(
    *,
    merchant_id: str,
    subject: str,
    amount: int | None = None,
    uses: int | None = 1,
    expires_in_s: int | None = None,
    merchant_order_no: str | None = None,
) -> Call[PaymentLinkView]:
    """`amount` absent: the payer enters it. `uses` 1: one order, whoever opens it; None: a new
    order for each payer. With a `merchant_order_no` the same again is the same link; without one a
    link that is busy to be made (TooBusy) may be there, and asking again makes another."""
    optional = {"expires_in_s": expires_in_s, "merchant_order_no": merchant_order_no}
    asked: dict[str, Any] = {k: v for k, v in optional.items() if v is not None}
    needed = {"merchant_id": merchant_id, "subject": subject, "amount": amount, "uses": uses}
    link = exchange.asked(CreatePaymentLink, {**needed, **asked})
    call = post(path("payment-links"), PaymentLinkView, link)
    return replace(call, makes_another=merchant_order_no is None)


def get(link_id: str) -> Call[PaymentLinkView]:
    """One link, and what became of it."""
    return exchange.get(path("payment-links", link_id), PaymentLinkView)


def disable(link_id: str) -> Call[PaymentLinkView]:
    """Nothing can be begun there any more."""
    read = exchange.reader(PaymentLinkView)
    return Call("DELETE", path("payment-links", link_id), read, is_repeatable=True)
