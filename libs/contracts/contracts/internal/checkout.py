"""What the hosted page (收银台) asks the gateway."""

from contracts.api import Method, OrderSummary, PaymentView
from contracts.internal.message import Message


class Offer(Message):
    """One way to pay that the page may show."""

    payment_id: str
    channel: str
    method: Method


class Checkout(Message):
    """What the hosted page shows of one payment."""

    payment: PaymentView
    order: OrderSummary
    merchant_name: str
    offers: list[Offer]
    return_url: str | None = None


class ChooseOffer(Message):
    payment_id: str
    client_ip: str | None = None


class ChosenPayment(PaymentView):
    """The attempt that the payer's choice made or found; `token` is that of its own page."""

    token: str
