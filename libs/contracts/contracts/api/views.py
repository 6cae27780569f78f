"""What apps read in answers, callbacks and pulled events."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, JsonValue, StrictInt

from contracts.actions import Action, ActionType
from contracts.api.vocabulary import (
    Method,
    OrderStatus,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    ShareStatus,
    SplitStatus,
)

MAX_CODE_CHARS: Final = 64
MAX_MESSAGE_CHARS: Final = 256
"""What is kept of a channel's words; longer ones were meant for nobody."""


class Failure(BaseModel):
    """Why it failed: the channel's own code and message where one spoke."""

    code: str
    message: str


class OrderSummary(BaseModel):
    """What an app wants paid, as it stands."""

    merchant_order_no: str
    merchant_id: str
    status: OrderStatus
    amount: StrictInt
    currency: str
    amount_paid: StrictInt
    amount_refunded: StrictInt
    subject: str
    created_at: datetime
    expires_at: datetime


class PaymentView(BaseModel):
    """A payment as every answer and callback shows it, with the three numbers (三号)."""

    payment_no: str
    merchant_order_no: str
    channel_trade_no: str | None
    merchant_id: str
    payment_id: str | None
    channel: str | None
    method: Method
    status: PaymentStatus
    amount: StrictInt
    currency: str
    amount_refunded: StrictInt
    subject: str
    action: Action | None
    expires_at: datetime
    created_at: datetime
    paid_at: datetime | None
    metadata: dict[str, JsonValue]
    failure: Failure | None


class PaymentWithOrder(PaymentView):
    """A payment and the order that it is an attempt to pay."""

    order: OrderSummary


class RefundView(BaseModel):
    """A refund as every answer and callback shows it. `reason` is the caller's text."""

    refund_no: str
    merchant_refund_no: str | None
    payment_no: str
    merchant_order_no: str
    channel_trade_no: str | None
    channel_refund_no: str | None
    merchant_id: str
    payment_id: str
    amount: StrictInt
    currency: str
    status: RefundStatus
    reason: str | None
    cause: RefundCause
    created_at: datetime
    refunded_at: datetime | None
    failure: Failure | None


class ShareView(BaseModel):
    """One receiver of a split. `amount_returned`: what was returned for refunds so far."""

    account: str
    amount: StrictInt
    description: str
    status: ShareStatus
    amount_returned: StrictInt
    failure: Failure | None


class SplitView(BaseModel):
    """A split (分账) as every answer and callback shows it.

    `merchant_split_no` is null where the payment itself asked for the split. `finish`: what is not
    split of the payment becomes the merchant's at once.
    """

    split_no: str
    merchant_split_no: str | None
    payment_no: str
    merchant_order_no: str
    channel_trade_no: str | None
    channel_split_no: str | None
    merchant_id: str
    payment_id: str
    amount: StrictInt
    currency: str
    status: SplitStatus
    finish: bool
    receivers: list[ShareView]
    created_at: datetime
    finished_at: datetime | None
    failure: Failure | None


class OrderView(OrderSummary):
    """An order with all attempts to pay it and all that went back."""

    payments: list[PaymentView]
    refunds: list[RefundView]


class PaymentPage(BaseModel):
    """`next_cursor` is where the next call goes on; null at the end of the list. A page may hold
    fewer items than `limit`, or none, and still go on."""

    items: list[PaymentView]
    next_cursor: str | None


class OrderPage(BaseModel):
    """`next_cursor` is where the next call goes on; null at the end of the list. A page may hold
    fewer items than `limit`, or none, and still go on."""

    items: list[OrderView]
    next_cursor: str | None


class RefundPage(BaseModel):
    """`next_cursor` is where the next call goes on; null at the end of the list. A page may hold
    fewer items than `limit`, or none, and still go on."""

    items: list[RefundView]
    next_cursor: str | None


class SplitPage(BaseModel):
    """`next_cursor` is where the next call goes on; null at the end of the list. A page may hold
    fewer items than `limit`, or none, and still go on."""

    items: list[SplitView]
    next_cursor: str | None


class MethodCapability(BaseModel):
    """One way to call the payer. `needs`: members of `payer` that the request must have. `action`:
    the type of the action that comes back."""

    method: Method
    needs: list[Literal["openid", "auth_code", "client_ip"]]
    action: ActionType


class AccountCapability(BaseModel):
    """A channel account that takes money now. `can_split`: whether its payments can be split."""

    payment_id: str
    channel: str
    title: str
    currencies: list[str]
    can_split: bool
    methods: list[MethodCapability]


class Capabilities(BaseModel):
    """`cashier`: whether `method: "cashier"` works without a `payment_id`."""

    merchant_id: str
    cashier: bool
    accounts: list[AccountCapability]


CallbackType = Literal[
    "payment.succeeded", "payment.failed", "payment.closed", "payment.conflicted",
    "refund.succeeded", "refund.failed", "refund.abnormal",
    "split.succeeded", "split.failed",
    "ping",
]  # fmt: skip


class Callback(BaseModel):
    """The body of a callback (Standard Webhooks); its id travels as header `webhook-id`."""

    type: CallbackType
    timestamp: datetime
    data: PaymentView | RefundView | SplitView | dict[str, JsonValue]


class EventItem(BaseModel):
    """An event as `GET /v1/events` lists it; `id` is the callback's `webhook-id`."""

    id: str
    type: CallbackType
    timestamp: datetime
    data: PaymentView | RefundView | SplitView | dict[str, JsonValue]


class EventPage(BaseModel):
    """`next_cursor` is where the next call goes on. Null on an empty page, when nothing more is
    there now: ask again with the cursor that you had."""

    items: list[EventItem]
    next_cursor: str | None
