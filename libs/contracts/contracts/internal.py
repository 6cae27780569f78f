"""Internal HTTP between the services: the questions whose answer is needed now.

Never exposed outside the cluster; `Authorization: Bearer <service token>`. Problems come back as
problem+json with the public codes, so that the gateway can hand them through.

trade-core:
    POST /internal/payments                        OpenPayment → OpenedPayment (201, 200)
    GET  /internal/payments/{payment_no}?app_id=          → PaymentOnFile (app_id optional)
    POST /internal/payments/{payment_no}/channel   ChooseChannel → ChosenChannel
    GET  /internal/orders/{merchant_order_no}?app_id=&merchant_id=        → OrderView
    POST /internal/orders/{merchant_order_no}/close CloseOrderFor → OrderView
    POST /internal/refunds                         OpenRefund → OpenedRefund (201, 200)
    GET  /internal/refunds/{refund_no}?app_id=            → RefundView
    GET  /internal/refunds?app_id=&merchant_id=&merchant_refund_no=       → RefundView
    GET  /internal/events?app_id=&after=&limit=           → EventPage
notifier:
    POST /internal/events/{event_id}/redeliver?app_id=    → DeliveryView (202)
    GET  /internal/deliveries?app_id=&event_id=&state=&after=&limit=      → DeliveryPage
    POST /internal/pings                                  Ping → DeliveryView (202)
    GET  /internal/endpoints?app_id=&suspended=&after=&limit=             → EndpointPage
    POST /internal/endpoints/{endpoint_id}/resume?app_id= → EndpointView
    GET  /internal/all-deliveries?app_id=&event_id=&type=&state=&created_from=&created_before=
         &after=&limit=                                   → FoundDeliveryPage
    POST /internal/replays                                ReplayWish → ReplayView (202)
    GET  /internal/replays/{replay_id}                    → ReplayView
    POST /internal/alerts/test                            → AlertTest
gateway (for merchant-admin):
    GET  /internal/channels                               → ChannelList
    POST /internal/channels/{channel}/credentials         CheckCredentials → 204, 422 with pointers
gateway (for reconciliation):
    GET  /internal/channel-accounts/{payment_id}/bills/{day}?kind=trade|funds → ChannelBill
gateway (for the cashier):
    GET  /internal/checkouts/{token}                      → Checkout
    POST /internal/checkouts/{token}/channel              ChooseOffer → ChosenPayment
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from contracts.api import (
    CreatePayment,
    CreateRefund,
    Method,
    OrderSummary,
    PaymentView,
    PaymentWithOrder,
    RefundView,
)
from contracts.events.commands import PaymentRef


class _Internal(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class OpenPayment(_Internal):
    """An authenticated wish. `channel` is the account's channel; None where our cashier decides
    (the payment is then `pending` at once, and the gateway adds the link to the page)."""

    app_id: str
    wish: CreatePayment
    channel: str | None
    reinitiate_after_s: Annotated[int, Field(ge=1)]


class OpenedPayment(_Internal):
    """`created` False is a replay: the payment as it is now, with its first `action`."""

    created: bool
    payment: PaymentView
    order: OrderSummary


class PaymentOnFile(PaymentWithOrder):
    """`GET /internal/payments/{payment_no}`: the public view, and what only our page must know.

    `return_url` of the wish; `wished_payment_id` where the wish for our page named an account:
    then only that one is offered.
    """

    return_url: str | None = None
    wished_payment_id: str | None = None


class ChooseChannel(_Internal):
    """The payer chose, on our page, where to pay. May be chosen anew while nothing is paid."""

    payment_id: str
    channel: str
    method: Method


class ChosenChannel(_Internal):
    """`close_first` must be closed at its channel and the result published; then the same choice
    is made again, until it is None. Only then `payment` is the one of this choice.

    `initiate` is False where the choice was made before: show the payment as it is.
    """

    payment: PaymentView
    close_first: PaymentRef | None
    initiate: bool


class CloseOrderFor(_Internal):
    app_id: str
    merchant_id: str


class OpenRefund(_Internal):
    """`app_id` None: asked for by a person in merchant-admin, for any app's payment."""

    app_id: str | None
    wish: CreateRefund


class OpenedRefund(_Internal):
    created: bool
    refund: RefundView


class Offer(_Internal):
    """One way to pay that the page may show."""

    payment_id: str
    channel: str
    method: Method


class Checkout(_Internal):
    """What the hosted page shows of one payment."""

    payment: PaymentView
    order: OrderSummary
    merchant_name: str
    offers: list[Offer]
    return_url: str | None = None


class ChooseOffer(_Internal):
    payment_id: str
    client_ip: str | None = None


class ChosenPayment(PaymentView):
    """The attempt that the payer's choice made or found; `token` is that of its own page."""

    token: str


class Ping(_Internal):
    app_id: str


class AttemptView(_Internal):
    """`status` is the HTTP status, None where none came; `error` the class of what went wrong."""

    at: datetime
    status: int | None
    error: str | None
    latency_ms: int
    answer: str | None


class DeliveryView(_Internal):
    """Why a callback did or did not arrive. `state`: pending, delivered, exhausted, cancelled."""

    delivery_id: str
    event_id: str
    type: str
    url: str
    state: str
    created_at: datetime
    next_attempt_at: datetime | None
    attempts: list[AttemptView]


class DeliveryPage(_Internal):
    items: list[DeliveryView]
    next_cursor: str | None


class EndpointView(_Internal):
    """One callback address of an app. `suspended_for`: gone (it answered 410) or failing (5 days).

    While it is suspended its callbacks are kept. `pending` is counted up to 10,000.
    """

    endpoint_id: str
    app_id: str
    address: str
    suspended_at: datetime | None
    suspended_for: str | None
    failing_since: datetime | None
    held_until: datetime | None
    pending: int


class FoundDelivery(DeliveryView):
    """A delivery as people of the centre see it."""

    app_id: str


class FoundDeliveryPage(_Internal):
    items: list[FoundDelivery]
    next_cursor: str | None


class ReplayWish(_Internal):
    """Send again what an app was told in this time, at most `per_s` a second.

    `created_from` is included, `created_before` is not. `state`: pending, delivered, exhausted.
    """

    app_id: str
    created_from: AwareDatetime
    created_before: AwareDatetime
    type: str | None = None
    state: Literal["pending", "delivered", "exhausted"] | None = None
    per_s: Annotated[int, Field(ge=1, le=500)] = 50


class ReplayView(_Internal):
    """How far a replay is: `sent` of `matched` were made due; `done_at` None: it runs."""

    replay_id: str
    app_id: str
    matched: int
    sent: int
    per_s: int
    asked_at: datetime
    done_at: datetime | None


class EndpointPage(_Internal):
    items: list[EndpointView]
    next_cursor: str | None


class Telling(_Internal):
    """What a messenger (dingtalk, webhook, mail) made of a message; `error` None: delivered."""

    messenger: str
    error: str | None


class AlertTest(_Internal):
    """Empty where nothing is set up: then alerts are kept and logged only."""

    items: list[Telling]


class ChannelDescription(_Internal):
    """What a channel plugin offers, for people and forms. `credentials_schema`: JSON Schema."""

    channel: str
    title: str
    methods: list[Method]
    credentials_schema: dict[str, JsonValue]


class ChannelList(_Internal):
    items: list[ChannelDescription]


class CheckCredentials(_Internal):
    """Whether these credentials are complete, parse and belong together; nothing is kept."""

    credentials: dict[str, JsonValue]


class ChannelBillRow(_Internal):
    """One movement as the channel booked it; `amount` came in, or went out where it is negative.

    The numbers are "" where the channel names none; `channel_no` is that of the trade or, in a row
    about a refund, of the refund. `state` is the channel's own word.
    """

    kind: Literal["payment", "refund", "other"]
    payment_no: str
    refund_no: str
    channel_no: str
    amount: int
    currency: str
    at: datetime | None
    state: str


class ChannelBill(_Internal):
    """A channel's statement of one day (Beijing time), whole; no rows where nothing was moved."""

    payment_id: str
    channel: str
    day: date
    kind: Literal["trade", "funds"]
    rows: list[ChannelBillRow]
