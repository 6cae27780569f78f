"""Where payers begin a payment by themselves: at a payment link of an app, or a counter code."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.api import Amount, CreatePaymentLink, OrderStatus, PaymentLinkView
from contracts.internal.checkout import Look
from contracts.internal.message import Message


class OpenLink(Message):
    """An authenticated request for a link. `signed_as`: its key, nonce and time; the same again,
    wherever it was heard first, is the same link. None from a gateway that does not tell."""

    app_id: str
    request: CreatePaymentLink
    signed_as: Annotated[str, Field(max_length=200)] | None = None


class LinkOnFile(PaymentLinkView):
    """`url` is empty: the gateway knows our addresses. `order_state` of its one order, once that is
    there."""

    app_id: str
    order_state: OrderStatus | None = None


class OpenedLink(Message):
    """`created` False: the number is known, with the same content."""

    created: bool
    link: LinkOnFile


class PayAtLink(Message):
    """A payer begins. `amount` where the link leaves it to them. `payment_id` and `channel` of the
    account that has a cashier of its own, if the merchant's only one has; None: our page."""

    amount: Amount | None = None
    payment_id: str | None = None
    channel: str | None = None


class PayAtCode(Message):
    """A payer begins at a counter code, which the gateway has judged but for the day's sum.
    `subject`: its name, as it was entered. `payment_id` and `channel` as in `PayAtLink`."""

    app_id: str
    merchant_id: str
    subject: str
    amount: Amount
    note: str | None = None
    daily_limit: int
    payment_id: str | None = None
    channel: str | None = None


class PointState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    DISABLED = "disabled"


class PayPoint(Message):
    """What the page of a link shows. `amount` None: the payer enters it, between `min_amount` and
    `max_amount`. `page_url`: our page of the one order that was begun there. `amounts`: the
    payer may have one of these only. `takes_note`: the payer may say what it is for."""

    state: PointState
    merchant_name: str
    subject: str
    currency: str
    amount: int | None
    min_amount: int
    max_amount: int
    page_url: str | None = None
    amounts: list[int] = Field(default_factory=list)
    takes_note: bool = False
    look: Look = Look()


class PayHere(Message):
    """A payer begins at a link. `amount` where it is theirs to say."""

    amount: Annotated[int, Field(strict=True)] | None = None
    note: Annotated[str, Field(max_length=60)] | None = None
    client_ip: str | None = None


class PointAddress(Message):
    """The address of a counter code's page, as it is printed."""

    url: str


class Begun(Message):
    """Where the payer pays: our page, or a channel's own cashier."""

    url: str
