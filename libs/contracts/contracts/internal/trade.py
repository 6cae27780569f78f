"""What trade-core is asked to open, to bind and to close."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from contracts.api import (
    CreatePayment,
    CreateRefund,
    CreateSplit,
    Method,
    OrderSummary,
    PaymentView,
    PaymentWithOrder,
    RefundView,
    SplitView,
)
from contracts.events.commands import PaymentRef
from contracts.internal.decisions import ClaimView
from contracts.internal.message import Message


class OpenPayment(Message):
    """An authenticated request. `channel` is the account's channel; None where our cashier decides
    (the payment is then `pending` at once, and the gateway adds the link to the page).
    `signed_at` is the signed time of the request: an older one than the order's latest is answered
    and changes nothing. None: nobody signed it (a payer's own order at a counter code)."""

    app_id: str
    request: Annotated[CreatePayment, Field(alias="wish")]
    channel: str | None
    reinitiate_after_s: Annotated[int, Field(ge=1)]
    signed_at: datetime | None = None


class OpenedPayment(Message):
    """`created` False is a replay: the payment as it is now, with its first `action`."""

    created: bool
    payment: PaymentView
    order: OrderSummary


class PaymentOnFile(PaymentWithOrder):
    """`GET /internal/payments/{payment_no}`: the public view, and what our own pages must know.

    `return_url` of the request; `requested_account_id` where the request for our page
    named an account: then only that one is offered. `splits`: it must be initiated as one that will
    be split. `ref`: how its channel is asked about it, which is not how the app wanted it
    (`method`) where the payer chose on our page; None while it is at no channel, and from a
    trade-core that does not tell. `app_id`: whose it is, and `amount_reserved`: what is on its way
    back; None from one that does not tell.
    """

    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    return_url: str | None = None
    requested_account_id: Annotated[str | None, Field(alias="wished_payment_id")] = None
    claim: ClaimView | None = None
    splits: bool = False
    ref: PaymentRef | None = None
    app_id: str | None = None
    amount_reserved: int | None = None


class ChooseChannel(Message):
    """The payer chose, on our page, where to pay. May be chosen anew while nothing is paid.

    `anew`: what was begun at the same place cannot be gone on with (it is another payer's, or its
    link is too old): it is closed first, too.
    """

    payment_id: str
    channel: str
    method: Method
    anew: bool = False


class ChosenChannel(Message):
    """`close_first` must be closed at its channel and the result published; then the same choice
    is made again, until it is None. Only then `payment` is the one of this choice.

    `initiate` is False where the choice was made before: show the payment as it is.
    `initiated_at`: when the choice was made, from which its life at the channel counts; None from
    a trade-core that does not tell.
    """

    payment: PaymentView
    close_first: PaymentRef | None
    initiate: bool
    initiated_at: datetime | None = None


class CloseOrderFor(Message):
    app_id: str
    merchant_id: str


class OpenRefund(Message):
    """`app_id` None: asked for by a person in merchant-admin, for any app's payment."""

    app_id: str | None
    request: Annotated[CreateRefund, Field(alias="wish")]


class OpenedRefund(Message):
    created: bool
    refund: RefundView


class OpenSplit(Message):
    app_id: str
    request: Annotated[CreateSplit, Field(alias="wish")]


class OpenedSplit(Message):
    created: bool
    split: SplitView
