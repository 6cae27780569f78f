"""`paymesh.payment-results.v1` and `paymesh.refund-results.v1`: what a channel said.

Published by the gateway, keyed by payment_no. What it said of a split goes by the payment's topic;
the type of the event tells which it is. A result is a channel's word, verified by its
signature; whether it fits our books (amount, currency, account, state) is for trade-core to judge.

`merchant_id` and `payment_id` name the speaker: the account whose key verified the words. When the
words were true stands in two times, both on the centre's clock or the channel's: not before
`asked_at` (the question was sent; a notification names the moment itself) and not after `said_at`
(the answer was read). A word is certainly younger than another when its `asked_at` is not before
the other's `said_at`. Results of older releases carry neither; then the time of the event counts.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field, StrictInt

from contracts.actions import Action
from contracts.events.envelope import CloudEvent, Data

SOURCE: Final = "paymesh/gateway"
PAYMENT_RESULT: Final = "payment.result"
REFUND_RESULT: Final = "refund.result"
SPLIT_RESULT: Final = "split.result"


class Source(StrEnum):
    """What made the channel speak."""

    INITIATION = "initiation"
    NOTICE = "notice"
    QUERY = "query"
    CLOSE = "close"
    REFUND = "refund"
    QUERY_REFUND = "query_refund"
    SPLIT = "split"
    QUERY_SPLIT = "query_split"


class Verdict(StrEnum):
    """The five outcomes of a channel call; there is no sixth, and a timeout is `unknown`."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class PaymentResult(Data):
    """What a channel said of one payment.

    By source, `succeeded` means: the money was taken (initiation, notice, query); the trade is
    closed or never came to be, nobody can pay it now (close).
    `pending`: waiting for the payer. On initiation `action` says how to call them.
    `declined`: it will never be paid; on close: the channel refuses because of the trade's state.
    `found` is False where a query or close met no such trade at the channel.
    `closed` is True where `declined` means that the channel ended the trade without payment.
    `payment_id` is the account whose key verified the words. `amount` and `currency` are the
    channel's, None where it did not state them.
    `reversed` (with `succeeded` on close): the payer had paid, and this close gave the money back.
    `amount_refunded` is what the channel says went back of it altogether, by us or outside us, None
    where it does not say; `channel_refund_no` the channel's number of the latest of these refunds,
    `channel_refund_amount` the amount of that one alone, where it says so.
    `refunded` is True where the channel says that some or all of it went back, also where it does
    not say how much (WeChat Pay). `declined` and `closed` with `refunded`: it had been paid, and
    the channel undid the payment before (a payment code that was cancelled or reversed).
    """

    payment_no: str
    merchant_id: str | None = None
    payment_id: str
    channel: str
    source: Source
    verdict: Verdict
    found: bool = True
    closed: bool = False
    channel_trade_no: str | None = None
    amount: StrictInt | None = None
    currency: str | None = None
    paid_at: datetime | None = None
    action: Action | None = None
    code: str | None = None
    message: str | None = None
    reversed: bool = False
    refunded: bool = False
    amount_refunded: StrictInt | None = None
    channel_refund_no: str | None = None
    channel_refund_amount: StrictInt | None = None
    asked_at: datetime | None = None
    said_at: datetime | None = None


class RefundResult(Data):
    """What a channel said of one refund.

    `succeeded`: the money went back. `pending`: accepted, under way. `declined`: it will not go
    back by this refund; with `abnormal` the channel took it but could not return it.
    `found` is False where a query met no such refund.
    `returned`: the `return_no` of what was called back from receivers of splits so far, whatever
    becomes of the refund itself. A refund that `succeeded` needs not name them: it had them all.
    `refund_no` is ours, or that of a refund made outside us, as the channel names it (for channels
    that speak of each refund and not of what went back altogether).
    A refund that `succeeded` before and bounces (the payer's bank sends it back) is `declined` and
    `abnormal`.
    """

    refund_no: str
    payment_no: str
    merchant_id: str | None = None
    payment_id: str
    channel: str
    source: Source
    verdict: Verdict
    found: bool = True
    abnormal: bool = False
    channel_refund_no: str | None = None
    amount: StrictInt | None = None
    currency: str | None = None
    refunded_at: datetime | None = None
    code: str | None = None
    message: str | None = None
    returned: list[str] = Field(default_factory=list)
    asked_at: datetime | None = None
    said_at: datetime | None = None


class ShareResult(Data):
    """What a channel said of one receiver."""

    account: str
    amount: StrictInt
    status: Literal["processing", "succeeded", "failed"]
    code: str | None = None
    message: str | None = None


class SplitResult(Data):
    """What a channel said of one split.

    `succeeded`: the channel is through with it; `receivers` say who got their share (where one is
    `processing` or not named, the split is still under way). `pending`: accepted, under way.
    `declined`: nobody gets anything by this split.
    `not_sent`: it surely did nothing, the same split is sent again (also: too early to split).
    `found` is False where a query met no such split.
    """

    split_no: str
    payment_no: str
    merchant_id: str | None = None
    payment_id: str
    channel: str
    source: Source
    verdict: Verdict
    found: bool = True
    channel_split_no: str | None = None
    receivers: list[ShareResult] = Field(default_factory=list)
    code: str | None = None
    message: str | None = None
    asked_at: datetime | None = None
    said_at: datetime | None = None


PaymentResultRecord = CloudEvent[PaymentResult]
RefundResultRecord = CloudEvent[RefundResult]
SplitResultRecord = CloudEvent[SplitResult]
