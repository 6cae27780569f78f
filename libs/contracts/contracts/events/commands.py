"""`paymesh.channel-commands.v1`: what trade-core wants the gateway to ask of a channel.

Commands are hints with a lease: trade-core's own row is the truth and sends again when the lease
runs out, so a lost or dropped command costs time, never money.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.api import Method
from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/trade-core"


class CommandName(StrEnum):
    QUERY = "query"
    CLOSE = "close"
    REFUND = "refund"
    QUERY_REFUND = "query_refund"
    REFUND_ABNORMAL = "refund_abnormal"


class PaymentRef(Data):
    """All that a plugin must know to speak of a payment to its channel."""

    payment_no: str
    payment_id: str
    merchant_id: str
    merchant_order_no: str
    channel: str
    method: Method
    amount: int
    currency: str
    channel_trade_no: str | None
    created_at: datetime
    expires_at: datetime


class RefundRef(Data):
    refund_no: str
    amount: int
    reason: str | None
    channel_refund_no: str | None
    created_at: datetime


class ChannelCommand(Data):
    """`refund` is set with `refund`, `query_refund` and `refund_abnormal` (a person decided that
    money which the payer's account did not take goes to the merchant's own). `lease_until`: do not
    start it later."""

    command: CommandName
    payment: PaymentRef
    refund: RefundRef | None = None
    lease_until: datetime


ChannelCommandRecord = CloudEvent[ChannelCommand]
