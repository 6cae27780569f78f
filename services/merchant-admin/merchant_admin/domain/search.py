"""What people search for in the read model, and what they find."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.api import OrderSummary, PaymentView, RefundView, SplitView
from merchant_admin.domain.scope import Scope


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of results ended: the newest come first."""

    created_at: datetime
    number: str


class Refunded(StrEnum):
    """How much of what was paid went back."""

    SOME = "some"
    WHOLE = "whole"
    NONE = "none"


def less_refunds(status: str, paid: int, refunded: int) -> str:
    """As people are told the status of something paid of which money went back."""
    if status not in ("paid", "succeeded") or not refunded:
        return status
    return "refunded" if refunded >= paid else "partly_refunded"


@dataclass(frozen=True, slots=True)
class Search:
    """All that is given must fit; None fits everything. `number` is any of the numbers at all.

    `created_from` is included, `created_before` is not. `after`: only what comes behind it.
    `scope`: whose data the searcher sees at all. Amounts are in thousandths of each
    currency, both ends included. Of payments alone, `code_id`: the counter code they began at, and
    `stranded`: those whose money was to go back by itself and is not on its way. `refunded`: of
    orders and payments.
    """

    scope: Scope
    number: str | None = None
    merchant_order_no: str | None = None
    payment_no: str | None = None
    channel_trade_no: str | None = None
    merchant_refund_no: str | None = None
    refund_no: str | None = None
    channel_refund_no: str | None = None
    merchant_id: str | None = None
    app_id: str | None = None
    channel: str | None = None
    state: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    after: Position | None = None
    limit: int = 50
    method: str | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    code_id: str | None = None
    stranded: bool | None = None
    refunded: Refunded | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the callback of the last change fared."""

    state: str
    attempts: int
    last_status: int | None
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt of a callback. `status` None: no answer came; `error` None: it was taken."""

    at: datetime
    status: int | None
    error: str | None
    latency_ms: int


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """`shown_status`: its status; `conflicted` where a payment is and the order is not paid, and as
    `less_refunds` has it where it is."""

    order_id: str
    app_id: str
    order: OrderSummary
    shown_status: str

    @property
    def position(self) -> Position:
        return Position(self.order.created_at, self.order_id)


@dataclass(frozen=True, slots=True)
class FoundPayment:
    """`delivery` is None while nothing was heard of a callback."""

    order_id: str
    app_id: str
    payment: PaymentView
    delivery: Delivery | None

    @property
    def shown_status(self) -> str:
        payment = self.payment
        return less_refunds(payment.status, payment.amount, payment.amount_refunded)

    @property
    def position(self) -> Position:
        return Position(self.payment.created_at, self.payment.payment_no)


@dataclass(frozen=True, slots=True)
class FoundRefund:
    order_id: str
    app_id: str
    refund: RefundView
    delivery: Delivery | None

    @property
    def position(self) -> Position:
        return Position(self.refund.created_at, self.refund.refund_no)


@dataclass(frozen=True, slots=True)
class SplitSearch:
    """As `Search`, of splits; channel and method are those of the payment."""

    scope: Scope
    number: str | None = None
    split_no: str | None = None
    payment_no: str | None = None
    merchant_split_no: str | None = None
    merchant_id: str | None = None
    app_id: str | None = None
    channel: str | None = None
    method: str | None = None
    state: str | None = None
    amount_from: int | None = None
    amount_to: int | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    after: Position | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundSplit:
    order_id: str
    app_id: str
    split: SplitView
    delivery: Delivery | None

    @property
    def position(self) -> Position:
        return Position(self.split.created_at, self.split.split_no)
