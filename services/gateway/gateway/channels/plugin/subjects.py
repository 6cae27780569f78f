"""What a call to a channel is about."""

from dataclasses import dataclass
from datetime import datetime

from contracts.api import Method
from contracts.money import Money


@dataclass(frozen=True, slots=True)
class PayOrder:
    """A payment to initiate. `notify_url` is our webhook for this channel account."""

    payment_no: str
    amount: Money
    subject: str
    method: Method
    created_at: datetime
    expires_at: datetime
    notify_url: str
    return_url: str | None = None
    openid: str | None = None
    auth_code: str | None = None
    client_ip: str | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """A payment that was (perhaps) initiated before: to query or to close."""

    payment_no: str
    amount: Money
    method: Method
    created_at: datetime
    expires_at: datetime
    channel_trade_no: str | None = None


@dataclass(frozen=True, slots=True)
class Refunding:
    """A refund to send or to query; always with the same `refund_no`."""

    trade: Trade
    refund_no: str
    amount: Money
    created_at: datetime
    notify_url: str
    reason: str | None = None
    channel_refund_no: str | None = None
