"""What a call to a channel is about."""

from dataclasses import dataclass
from datetime import datetime

from contracts.api import Method
from contracts.money import Money


@dataclass(frozen=True, slots=True)
class Serial:
    """A short number for one of ours, drawn once (`drawn_at`), for a channel that prescribes the
    form of its numbers; see `contracts.internal.SerialView`."""

    number: int
    drawn_at: datetime


@dataclass(frozen=True, slots=True)
class PayOrder:
    """A payment to initiate. `notify_url` is our webhook for this channel account; no browser is
    ever sent there. `landing_url`: our own page for a payer whose app named no `return_url`.
    `will_split`: it will be split (分账); a channel that must know it now is told. `initiated_at`:
    when the payer chose on our page, which may be long after `created_at`; None where that is the
    same moment."""

    payment_no: str
    amount: Money
    subject: str
    method: Method
    created_at: datetime
    expires_at: datetime
    notify_url: str
    landing_url: str
    return_url: str | None = None
    openid: str | None = None
    auth_code: str | None = None
    client_ip: str | None = None
    will_split: bool = False
    serial: Serial | None = None
    initiated_at: datetime | None = None

    @property
    def begun_at(self) -> datetime:
        """From when on it lives at its channel."""
        return self.initiated_at or self.created_at

    @property
    def back_url(self) -> str:
        """Where the payer's browser goes afterwards, for channels that must be told."""
        return self.return_url or self.landing_url


@dataclass(frozen=True, slots=True)
class Trade:
    """A payment that was (perhaps) initiated before: to query or to close. `paid_at`: when it was
    paid, by the channel's word; None where it is not, or nobody told. `initiated_at` as in
    `PayOrder`; older senders do not tell it."""

    payment_no: str
    amount: Money
    method: Method
    created_at: datetime
    expires_at: datetime
    channel_trade_no: str | None = None
    paid_at: datetime | None = None
    serial: Serial | None = None
    initiated_at: datetime | None = None

    @property
    def begun_at(self) -> datetime:
        """From when on it lives at its channel."""
        return self.initiated_at or self.created_at


@dataclass(frozen=True, slots=True)
class SplitReturn:
    """What one receiver of split `split_no` gives back for a refund, once by its `return_no`."""

    split_no: str
    account: str
    amount: Money
    return_no: str


@dataclass(frozen=True, slots=True)
class Refunding:
    """A refund to send or to query; always with the same `refund_no`. `returns`: what receivers of
    splits give back for it. `lease_until`: by when it is sent, by the clock that gave `created_at`;
    None where nobody says. `key`: by which the channel knows this call, where that is not
    `refund_no` (`Plugin.refund_keys`). `has_others`: it is sent for the first time, and its payment
    has other refunds."""

    trade: Trade
    refund_no: str
    amount: Money
    created_at: datetime
    notify_url: str
    reason: str | None = None
    channel_refund_no: str | None = None
    returns: tuple[SplitReturn, ...] = ()
    serial: Serial | None = None
    lease_until: datetime | None = None
    key: str = ""
    has_others: bool = False


@dataclass(frozen=True, slots=True)
class SplitReturning:
    """One return to ask for; always with the same number."""

    trade: Trade
    share: SplitReturn
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one receiver (分账接收方) gets."""

    account: str
    amount: Money
    description: str


@dataclass(frozen=True, slots=True)
class Splitting:
    """A split (分账) to send or to query; always with the same `split_no`, no account twice.
    `is_last`: nothing more will be split of the trade, the rest is the merchant's."""

    trade: Trade
    split_no: str
    shares: tuple[Share, ...]
    is_last: bool
    created_at: datetime
    channel_split_no: str | None = None
