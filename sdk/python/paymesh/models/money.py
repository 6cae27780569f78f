"""Orders, payments, refunds and splits, as every answer and callback shows them.

Amounts are minor units (分); times are aware and UTC.
"""

from datetime import datetime
from typing import Final

from pydantic import JsonValue

from paymesh.models.actions import Action, Answered, NoAction
from paymesh.models.vocabulary import (
    Method,
    OrderStatus,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    ShareStatus,
    SplitStatus,
)

FINAL: Final = frozenset(
    {
        PaymentStatus.SUCCEEDED,
        PaymentStatus.FAILED,
        PaymentStatus.CLOSED,
        PaymentStatus.CONFLICTED,
    }
)
"""States in which the centre does not ask the channel any more. A late success may still turn
`closed` and `failed` into `succeeded`: callbacks and events tell it."""


class Failure(Answered):
    """Why it failed: the channel's own code and message where one spoke."""

    code: str
    message: str


class OrderSummary(Answered):
    merchant_order_no: str
    merchant_id: str
    status: OrderStatus
    amount: int
    currency: str
    amount_paid: int
    amount_refunded: int
    subject: str
    created_at: datetime
    expires_at: datetime


class PaymentView(Answered):
    """A payment with the three numbers (三号): yours, ours (`payment_no`) and the channel's."""

    payment_no: str
    merchant_order_no: str
    channel_trade_no: str | None
    merchant_id: str
    payment_id: str | None
    channel: str | None
    method: Method
    status: PaymentStatus
    amount: int
    currency: str
    amount_refunded: int
    subject: str
    action: Action | None
    expires_at: datetime
    created_at: datetime
    paid_at: datetime | None
    metadata: dict[str, JsonValue]
    failure: Failure | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_settled(self) -> bool:
        """Whether it is known what came of the initiation: it is over, or the payer can be called.

        A payment code (付款码) leaves nothing for the app to do, so only its end settles it.
        """
        waits = self.status is PaymentStatus.PENDING and self.action is not None
        return self.is_final or (waits and not isinstance(self.action, NoAction))


class PaymentWithOrder(PaymentView):
    order: OrderSummary


class RefundView(Answered):
    """A refund. `reason` is the caller's text."""

    refund_no: str
    merchant_refund_no: str | None
    payment_no: str
    merchant_order_no: str
    channel_trade_no: str | None
    channel_refund_no: str | None
    merchant_id: str
    payment_id: str
    amount: int
    currency: str
    status: RefundStatus
    reason: str | None
    cause: RefundCause
    created_at: datetime
    refunded_at: datetime | None
    failure: Failure | None


class ShareView(Answered):
    """One receiver of a split. `amount_returned`: what was returned for refunds so far."""

    account: str
    amount: int
    description: str
    status: ShareStatus
    amount_returned: int
    failure: Failure | None


class SplitView(Answered):
    """A split (分账). `merchant_split_no` is None where the payment itself asked for it."""

    split_no: str
    merchant_split_no: str | None
    payment_no: str
    merchant_order_no: str
    channel_trade_no: str | None
    channel_split_no: str | None
    merchant_id: str
    payment_id: str
    amount: int
    currency: str
    status: SplitStatus
    finish: bool
    receivers: list[ShareView]
    created_at: datetime
    finished_at: datetime | None
    failure: Failure | None


class OrderView(OrderSummary):
    payments: list[PaymentView]
    refunds: list[RefundView]
