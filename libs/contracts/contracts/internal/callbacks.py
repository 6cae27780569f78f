"""What the notifier tells of callbacks, and does for apps and people."""

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field

from contracts.internal.message import Message

DeliveryState = Literal["pending", "delivered", "exhausted"]
AttemptError = Literal[
    "bad_status",
    "redirect_not_followed",
    "body_not_success",
    "timeout",
    "dns",
    "tls",
    "connect",
    "disconnected",
    "protocol",
    "url_refused",
    "address_refused",
    "internal",
]
"""What stands in answers is described by these; a word of a later notifier is passed on."""


class Ping(Message):
    """`signed_as`: key and nonce of the app's signed request; the same one again sends nothing.
    `url`: the app's address as it was registered; refused as long as another one is known."""

    app_id: str
    signed_as: Annotated[str, Field(max_length=200)] | None = None
    url: str | None = None


class Redeliver(Message):
    """`merchant_ids`: those that the app has now; an event of another one is not found. None: of
    whichever. `signed_as` as in `Ping`."""

    merchant_ids: list[str] | None = None
    signed_as: Annotated[str, Field(max_length=200)] | None = None


class AttemptView(Message):
    """`status` is the HTTP status, None where none came; `error` the class of what went wrong."""

    at: datetime
    status: int | None
    error: Annotated[str, Field(json_schema_extra={"enum": [*get_args(AttemptError)]})] | None
    latency_ms: int
    answer: str | None


class DeliveryView(Message):
    """Why a callback did or did not arrive. `state`: pending, delivered, exhausted. `merchant_id`
    and the three numbers (三号): whom and which payment it is about, None for a ping."""

    delivery_id: str
    event_id: str
    type: str
    url: str
    state: Annotated[str, Field(json_schema_extra={"enum": [*get_args(DeliveryState)]})]
    created_at: datetime
    next_attempt_at: datetime | None
    merchant_id: str | None = None
    merchant_order_no: str | None = None
    payment_no: str | None = None
    channel_trade_no: str | None = None
    attempts: list[AttemptView]


class DeliveryPage(Message):
    """`next_cursor` is where the next call goes on; null at the end of the list. A page may hold
    fewer items than `limit`, or none, and still go on."""

    items: list[DeliveryView]
    next_cursor: str | None


class CheckAddress(Message):
    """Whether callbacks may go to this address, as far as that can be said before it is dialled."""

    url: str


class EndpointView(Message):
    """One callback address of an app. `suspended_for`: gone (it answered 410) or failing (5 days).

    While it is suspended its callbacks are kept. `held_until`: its circuit is open until then.
    `pending` is counted up to 10,000; the longest waiting of them was due at `oldest_due_at`.
    """

    endpoint_id: str
    app_id: str
    address: str
    suspended_at: datetime | None
    suspended_for: str | None
    failing_since: datetime | None
    held_until: datetime | None
    pending: int
    oldest_due_at: datetime | None = None


class FoundDelivery(DeliveryView):
    """A delivery as people of the centre see it."""

    app_id: str


class FoundDeliveryPage(Message):
    items: list[FoundDelivery]
    next_cursor: str | None


class ReplayRequest(Message):
    """Send again what an app was told in this time, at most `per_s` a second.

    `created_from` is included, `created_before` is not. `state`: pending, delivered, exhausted.
    """

    app_id: str
    created_from: AwareDatetime
    created_before: AwareDatetime
    type: str | None = None
    state: DeliveryState | None = None
    per_s: Annotated[int, Field(ge=1, le=500)] = 50


class ReplayView(Message):
    """How far a replay is: `sent` of `matched` were made due; `done_at` None: it runs."""

    replay_id: str
    app_id: str
    matched: int
    sent: int
    per_s: int
    asked_at: datetime
    done_at: datetime | None


class EndpointPage(Message):
    """`next_cursor` is where the next call goes on; null at the end of the list."""

    items: list[EndpointView]
    next_cursor: str | None


class Telling(Message):
    """What a messenger (dingtalk, webhook, mail) made of a message; `error` None: delivered."""

    messenger: str
    error: str | None


class AlertTest(Message):
    """Empty where nothing is set up: then alerts are kept and logged only."""

    items: list[Telling]
