"""What else the centre answers: lists, capabilities, statements, links, deliveries, problems."""

import datetime as when
from datetime import datetime

from paymesh.models.actions import Answered
from paymesh.models.money import OrderView, PaymentView, RefundView, SplitView
from paymesh.models.vocabulary import (
    ActionType,
    AttemptError,
    Code,
    DeliveryState,
    LineKind,
    LinkStatus,
    Method,
    PayerField,
)


class PaymentPage(Answered):
    items: list[PaymentView]
    next_cursor: str | None


class OrderPage(Answered):
    items: list[OrderView]
    next_cursor: str | None


class RefundPage(Answered):
    items: list[RefundView]
    next_cursor: str | None


class SplitPage(Answered):
    items: list[SplitView]
    next_cursor: str | None


class MethodCapability(Answered):
    """One way to call the payer. `needs`: members of `payer` that the request must have."""

    method: Method
    needs: list[PayerField]
    action: ActionType


class AccountCapability(Answered):
    """A channel account that takes money now. `can_split`: whether its payments can be split."""

    payment_id: str
    channel: str
    title: str
    currencies: list[str]
    can_split: bool
    methods: list[MethodCapability]


class Capabilities(Answered):
    """`cashier`: whether `method: "cashier"` works without a `payment_id`."""

    merchant_id: str
    cashier: bool
    accounts: list[AccountCapability]

    def account(self, channel: str, method: Method | str) -> AccountCapability:
        """The first that takes money in this way. Raises ValueError with the ways there are."""
        ways = [(account, each.method) for account in self.accounts for each in account.methods]
        for account, way in ways:
            if (account.channel, way) == (channel, method):
                return account
        offered = sorted({f"{account.channel} {way}" for account, way in ways})
        raise ValueError(f"no account takes {channel} {method}; there are: {', '.join(offered)}")


class StatementLine(Answered):
    """One movement, in the order of the ledger; positive came in, negative went out."""

    at: datetime
    kind: LineKind
    amount: int
    currency: str
    channel: str | None
    payment_id: str
    merchant_order_no: str | None
    payment_no: str | None
    channel_trade_no: str | None
    refund_no: str | None
    merchant_refund_no: str | None
    split_no: str | None
    merchant_split_no: str | None


class DayStatement(Answered):
    """`opening + captured - refunded - split - fees = closing`, of one Beijing day."""

    date: when.date
    merchant_id: str
    currency: str
    currencies: list[str]
    is_final: bool
    opening: int
    captured: int
    refunded: int
    split: int
    fees: int
    closing: int
    lines: list[StatementLine]
    next_cursor: str | None


class PaymentLinkView(Answered):
    """`uses` 1: one order, whoever opens it; None: a new order for each payer."""

    link_id: str
    url: str
    state: LinkStatus
    merchant_id: str
    amount: int | None
    currency: str
    subject: str
    uses: int | None
    merchant_order_no: str | None
    payment_no: str | None
    created_at: datetime
    expires_at: datetime


class AttemptView(Answered):
    """`status` is the HTTP status, None where none came; `error` the class of what went wrong."""

    at: datetime
    status: int | None
    error: AttemptError | None
    latency_ms: int
    answer: str | None


class DeliveryView(Answered):
    """Why a callback did or did not arrive."""

    delivery_id: str
    event_id: str
    type: str
    url: str
    state: DeliveryState
    created_at: datetime
    next_attempt_at: datetime | None
    merchant_id: str | None = None
    merchant_order_no: str | None = None
    payment_no: str | None = None
    channel_trade_no: str | None = None
    attempts: list[AttemptView]


class DeliveryPage(Answered):
    items: list[DeliveryView]
    next_cursor: str | None


class EndpointView(Answered):
    """One callback address of the app: suspended, left alone for a while, how much waits."""

    endpoint_id: str
    app_id: str
    address: str
    suspended_at: datetime | None
    suspended_for: str | None
    failing_since: datetime | None
    held_until: datetime | None
    pending: int
    oldest_due_at: datetime | None = None


class EndpointPage(Answered):
    items: list[EndpointView]
    next_cursor: str | None


class FieldFault(Answered):
    """What is wrong with one field; `pointer` is a JSON pointer into the body."""

    pointer: str
    message: str


class ChannelWords(Answered):
    """What the channel said, in its own words."""

    code: str
    message: str


class PaymentNumbers(Answered):
    """By which you, we and the channel know the payment that stands in the way."""

    merchant_order_no: str
    payment_no: str
    channel_trade_no: str | None


class Problem(Answered):
    """An error as it stands on the wire (RFC 9457); raised as one of `paymesh.errors`."""

    type: str = "about:blank"
    title: str
    status: int
    code: Code
    detail: str
    errors: list[FieldFault]
    request_id: str
    retryable: bool
    payment: PaymentView | PaymentNumbers | None = None
    channel: ChannelWords | None = None
