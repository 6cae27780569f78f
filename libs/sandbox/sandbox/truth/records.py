"""The rows of the truth; amounts are fen, times Unix seconds."""

from dataclasses import dataclass, field
from typing import Any, Literal

TradeState = Literal["created", "paid", "closed"]
RefundState = Literal["processing", "succeeded", "failed", "abnormal"]
SplitState = Literal["processing", "finished"]


@dataclass(slots=True)
class Trade:
    """One trade at one third party, known there by the merchant's `number`.

    `payment_no` is the number the control API speaks of: the same as `number`, but for easy,
    where `number` is its 28-digit orgTrace and the payment number travels in orgInfo.
    """

    channel: str
    merchant: str
    number: str
    payment_no: str
    channel_trade_no: str
    product: str
    amount: int
    subject: str
    notify_url: str
    fingerprint: str
    created_at: float
    closes_at: float
    token: str | None = None
    state: TradeState = "created"
    paid_amount: int | None = None
    paid_at: float | None = None
    closed_at: float | None = None
    details: dict[str, Any] = field(default_factory=dict)
    id: int = 0

    @property
    def taken(self) -> int:
        """What the payer paid, or is asked to pay."""
        return self.amount if self.paid_amount is None else self.paid_amount


@dataclass(slots=True)
class Refund:
    """One refund; `number` is the idempotency key of that channel, `refund_no` ours."""

    trade_id: int
    channel: str
    merchant: str
    number: str
    refund_no: str
    channel_refund_no: str
    amount: int
    reason: str
    notify_url: str
    created_at: float
    state: RefundState = "processing"
    held: bool = False
    finished_at: float | None = None
    details: dict[str, Any] = field(default_factory=dict)
    id: int = 0


@dataclass(slots=True)
class Split:
    """One split (分账) of a trade; `number` is the merchant's, once per trade.

    A receiver is `{account, type, amount, description, state, reason, is_rest, detail_no}` with the
    states of refunds; `is_rest` is what becomes the merchant's own. A return (回退) is
    `{number, account, amount, description, return_no, at}`.
    """

    trade_id: int
    channel: str
    merchant: str
    number: str
    channel_split_no: str
    is_last: bool
    fingerprint: str
    created_at: float
    receivers: list[dict[str, Any]]
    returns: list[dict[str, Any]] = field(default_factory=list)
    state: SplitState = "processing"
    finished_at: float | None = None
    id: int = 0


@dataclass(slots=True)
class Notification:
    """One notification to a merchant and what came back for each time it was sent."""

    notice_id: str
    trade_id: int
    refund_id: int | None
    url: str
    created_at: float
    next_at: float
    attempts: int = 0
    done: bool = False
    log: list[dict[str, Any]] = field(default_factory=list)
