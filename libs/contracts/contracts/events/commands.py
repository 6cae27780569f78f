"""`paymesh.channel-commands.v1`: what trade-core wants the gateway to ask of a channel.

Commands are hints with a lease: trade-core's own row is the truth and sends again when the lease
runs out, so a lost or dropped command costs time, never money.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field, StrictInt

from contracts.api import Method
from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/trade-core"


class CommandName(StrEnum):
    """What is asked of one payment."""

    QUERY = "query"
    CLOSE = "close"
    REFUND = "refund"
    QUERY_REFUND = "query_refund"
    REFUND_ABNORMAL = "refund_abnormal"
    SPLIT = "split"
    QUERY_SPLIT = "query_split"


class PaymentRef(Data):
    """All that a plugin must know to speak of a payment to its channel.

    `splits`: it was initiated as one that will be split. `paid_at`: when it was paid, by the
    channel's word; None while it is not, and from senders that do not tell. `initiated_at`: when
    its channel was first called, long after `created_at` where the payer chose late on our page;
    None from senders that do not tell."""

    payment_no: str
    payment_id: str
    merchant_id: str
    merchant_order_no: str
    channel: str
    method: Method
    amount: StrictInt
    currency: str
    channel_trade_no: str | None
    created_at: datetime
    expires_at: datetime
    splits: bool = False
    paid_at: datetime | None = None
    initiated_at: datetime | None = None


class SplitReturn(Data):
    """What a receiver of split `split_no` gives back. `return_no` is the same however often the
    refund is sent: at most 64 of `0-9A-Za-z_-`."""

    split_no: str
    account: str
    amount: StrictInt
    return_no: str


class RefundRef(Data):
    """`returns` must be returned by receivers of splits before, or with, the refund; until
    that is done the refund's outcome is `pending`, and it is sent again. `has_others`: it is sent
    for the first time, and its payment has other refunds; a channel that takes them some time apart
    is not asked for it then, and the result says so by `pause_s`."""

    refund_no: str
    amount: StrictInt
    reason: str | None
    channel_refund_no: str | None
    created_at: datetime
    returns: list[SplitReturn] = Field(default_factory=list)
    has_others: bool = False


class Share(Data):
    """What one receiver gets; no account stands in a split twice."""

    account: str
    amount: StrictInt
    description: str


class SplitRef(Data):
    """A split (分账) to send or to ask about; always the same `split_no`. `finish`: nothing more
    will be split of the payment, the rest is the merchant's."""

    split_no: str
    receivers: list[Share]
    finish: bool
    channel_split_no: str | None
    created_at: datetime


class ChannelCommand(Data):
    """`refund` is set with `refund`, `query_refund` and `refund_abnormal` (a person decided that
    money which the payer's account did not take goes to the merchant's own), `split` with `split`
    and `query_split`. `lease_until`: do not start it later."""

    command: CommandName
    payment: PaymentRef
    refund: RefundRef | None = None
    split: SplitRef | None = None
    lease_until: datetime


class FetchStatement(Data):
    """Fetch the statement of an account and day (Beijing time), and hand it to trade-core as this
    round of its statement. Keyed by `payment_id`. `lease_until`: do not start it later."""

    command: Literal["fetch_bill"] = "fetch_bill"
    statement_no: str
    round: int
    payment_id: str
    merchant_id: str
    channel: str
    day: date
    lease_until: datetime


ChannelCommandRecord = CloudEvent[ChannelCommand]
FetchStatementRecord = CloudEvent[FetchStatement]
AnyCommandRecord = CloudEvent[ChannelCommand | FetchStatement]
