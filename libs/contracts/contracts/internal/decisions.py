"""trade-core's words about what people decide: payments in conflict, refunds that are stuck."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contracts.api import Reason, RefundView
from contracts.internal.message import Message

Person = Annotated[str, Field(min_length=1, max_length=64)]
"""Who decided, by the name they logged in with."""


class PaymentDecision(StrEnum):
    """Of a conflicted payment: it pays its order; it goes back in full; it is no money of ours."""

    ACCEPT = "accept"
    REFUND = "refund"
    IGNORE = "ignore"


class RefundDecision(StrEnum):
    """Of an abnormal refund: the channel sends the money to the merchant's own account, who gives
    it to the payer; the payer has it by other means; it is given up."""

    PAY_OUT = "pay_out"
    SETTLED_OUTSIDE = "settled_outside"
    RELEASE = "release"


class ClaimSeen(Message):
    """The claim that a person saw when deciding; another one now is 409 `claim_changed`."""

    payment_id: str
    channel_trade_no: str | None
    amount: int
    currency: str


class ClaimView(ClaimSeen):
    """The money that a channel says it took, where that differs from ours."""

    paid_at: datetime | None


class DecidePayment(Message):
    """`claim` as `PaymentOnFile.claim` showed it: None where the channel claimed no money. Of one
    that agrees with our own account, amount and currency, `ignore` is 422."""

    decision: PaymentDecision
    reason: Reason
    decided_by: Person
    claim: ClaimSeen | None


class RefundOnFile(RefundView):
    """The public view, and `version`: it rises with whatever changes the refund. `is_dispute`: the
    payer's bank took it back."""

    version: int
    is_dispute: bool = False


class DecideRefund(Message):
    """`version` is that of the refund on which the decision was made; another one now is 409
    `version_changed`."""

    decision: RefundDecision
    reason: Reason
    decided_by: Person
    version: int
