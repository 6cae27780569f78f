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
from functools import cache
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import Field, StrictInt, model_validator
from pydantic.fields import FieldInfo

from contracts.actions import Action
from contracts.api import PaymentStatus
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


class Dispute(Data):
    """Money of a payment that the payer's bank has taken back (chargeback), by the channel's number
    of the dispute; `is_won`: the bank has given it back since."""

    dispute_no: str
    amount: StrictInt
    is_won: bool = False


class PaymentWord(Data):
    """What the five results of a payment have in common; on the wire each has all these members,
    and here is what they mean. A result of its own is only one of the five.

    By source, `succeeded` means: the money was taken (initiation, notification, query); the trade
    is closed or never came to be, nobody can pay it now (close).
    `pending`: waiting for the payer. On initiation `action` says how to call them.
    `declined`: it will never be paid; on close: the channel refuses because of the trade's state.
    `found` is False where a query or close met no such trade at the channel.
    `closed` is True where `declined` means that the channel ended the trade without payment.
    `payment_id` is the account whose key verified the words. `amount` and `currency` are the
    channel's, None where it did not state them.
    `earlier_trade_no` (with `succeeded`): the channel's number of the same trade before somebody
    paid it, where it gives another one then.
    `reversed` (with `succeeded` on close): the payer had paid, and this close gave the money back.
    `amount_refunded` is what the channel says went back of it altogether, by us or outside us, None
    where it does not say; `channel_refund_no` the channel's number of the latest of these refunds,
    `channel_refund_amount` the amount of that one alone, where it says so.
    `dispute` (with `succeeded`): the word is about that. While the bank has the money,
    `amount_refunded` is that of all refunds and of this dispute together, and the two members after
    it are the dispute's: so a release that knows of no disputes books it too. No other word counts
    disputes.
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
    earlier_trade_no: str | None = None
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
    dispute: Dispute | None = None
    asked_at: datetime | None = None
    said_at: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _says_what_it_can(cls, members: Any) -> Any:
        """What this verdict cannot say does not count, so that no result is lost by it."""
        if cls is PaymentWord:
            raise TypeError("a result is one of the five")
        if not isinstance(members, dict):
            return members
        unsayable = _unsayable_by(cls)
        return {name: value for name, value in members.items() if name not in unsayable}


@cache
def _unsayable_by(word: type[PaymentWord]) -> frozenset[str]:
    fields = word.model_fields.items()
    return frozenset(name for name, field in fields if _is_constant(field)) - {"verdict"}


def _is_constant(field: FieldInfo) -> bool:
    return field.annotation is NoneType or get_origin(field.annotation) is Literal


class PaymentSucceeded(PaymentWord):
    verdict: Literal[Verdict.SUCCEEDED] = Verdict.SUCCEEDED
    closed: Literal[False] = False
    code: None = None
    message: None = None


class _NothingTaken(PaymentWord):
    earlier_trade_no: None = None
    paid_at: None = None
    reversed: Literal[False] = False
    dispute: None = None


class PaymentDeclined(_NothingTaken):
    verdict: Literal[Verdict.DECLINED] = Verdict.DECLINED
    action: None = None


class _NothingEnded(_NothingTaken):
    closed: Literal[False] = False
    refunded: Literal[False] = False
    amount_refunded: None = None
    channel_refund_no: None = None
    channel_refund_amount: None = None


class PaymentPending(_NothingEnded):
    verdict: Literal[Verdict.PENDING] = Verdict.PENDING
    code: None = None
    message: None = None


class _NothingKnown(_NothingEnded):
    found: Literal[True] = True
    channel_trade_no: None = None
    amount: None = None
    currency: None = None
    action: None = None


class PaymentNotSent(_NothingKnown):
    verdict: Literal[Verdict.NOT_SENT] = Verdict.NOT_SENT


class PaymentUnknown(_NothingKnown):
    verdict: Literal[Verdict.UNKNOWN] = Verdict.UNKNOWN


PaymentResult = (
    PaymentSucceeded | PaymentPending | PaymentDeclined | PaymentNotSent | PaymentUnknown
)
"""What a channel said of one payment."""


class RefundResult(Data):
    """What a channel said of one refund.

    `payment_no` is empty where the channel named its refund of ours alone; the record then has
    `refund_no` for its key.
    `succeeded`: the money went back. `pending`: accepted, under way. `declined`: it will not go
    back by this refund; with `abnormal` the channel took it but could not return it.
    `found` is False where a query met no such refund.
    `returned`: the `return_no` of what receivers of splits gave back so far, whatever
    becomes of the refund itself. A refund that `succeeded` needs not name them: it had them all.
    `refund_no` is ours, or that of a refund made outside us, as the channel names it (for channels
    that speak of each refund and not of what went back altogether).
    A refund that `succeeded` before and bounces (the payer's bank sends it back) is `declined` and
    `abnormal`. `may_bounce`: at this channel that happens, and only asking tells.
    `amount_refunded`: of the payment altogether, this refund included, where the channel says it.
    `pause_s`: the channel takes refunds of one payment so long apart. With `unknown` this one came
    too soon after another; with `not_sent` it waits for its turn.
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
    may_bounce: bool = False
    amount_refunded: StrictInt | None = None
    pause_s: StrictInt | None = None
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


def agrees(word: PaymentWord | RefundResult, amount: int, currency: str) -> bool:
    """Whether amount and currency are these, as far as the channel stated them."""
    return word.amount in (None, amount) and word.currency in (None, currency)


def amount_refunded_alone(word: PaymentWord) -> int | None:
    """What went back of it altogether by refunds, and not by a dispute."""
    if word.dispute is None or word.dispute.is_won:
        return word.amount_refunded
    return max((word.amount_refunded or 0) - word.dispute.amount, 0)


def is_all_back(word: PaymentSucceeded, amount: int) -> bool:
    """Whether the money was taken, and is all with the payer again by refunds: what the payer's
    bank takes may come back."""
    taken = amount if word.amount is None else word.amount
    return 0 < taken <= (amount_refunded_alone(word) or 0)


def status_of_initiation(result: PaymentResult, amount: int, currency: str) -> PaymentStatus:
    """What the answer to its initiation makes of a payment of this amount, where nothing else was
    said of it: what the gateway answers the app, and trade-core's table of states gives."""
    match result:
        case PaymentSucceeded() if is_all_back(result, amount):
            return PaymentStatus.CLOSED
        case PaymentPending() | PaymentDeclined() if not result.found:
            return PaymentStatus.UNKNOWN
        case PaymentSucceeded() | PaymentPending() if not agrees(result, amount, currency):
            return PaymentStatus.CONFLICTED
        case PaymentSucceeded():
            return PaymentStatus.SUCCEEDED
        case PaymentPending():
            return PaymentStatus.PENDING
        case PaymentDeclined() if result.closed:
            return PaymentStatus.CLOSED
        case PaymentDeclined() | PaymentNotSent():
            return PaymentStatus.FAILED
        case PaymentUnknown():
            return PaymentStatus.UNKNOWN


PaymentResultRecord = CloudEvent[Annotated[PaymentResult, Field(discriminator="verdict")]]
RefundResultRecord = CloudEvent[RefundResult]
SplitResultRecord = CloudEvent[SplitResult]
