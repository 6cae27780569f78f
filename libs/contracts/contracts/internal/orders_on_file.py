"""An order as trade-core has it now, with all that belongs to it: for people."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from contracts.api import OrderSummary, PaymentView, SplitView
from contracts.events.channel_calls import ChannelCall
from contracts.internal.decisions import ClaimView, RefundOnFile
from contracts.internal.ledger import LedgerEntry
from contracts.internal.message import Message


class PaymentInBooks(PaymentView):
    """`amount_reserved` is on its way back, `amount_left` can still be given back, `amount_split`
    is with receivers or on its way to them. `claim`: what a conflict is about."""

    amount_reserved: int
    amount_left: int
    amount_split: int
    claim: ClaimView | None


class CallOnFile(Message):
    """What a channel said that changed nothing; `subject`: the payment, refund or split."""

    subject: str
    at: datetime
    call: ChannelCall
    traceparent: str | None


class DecisionOnFile(Message):
    """`subject`: the payment or refund that it is about."""

    subject: str
    decision: str
    reason: str
    decided_by: str
    decided_at: datetime


class OrderOnFile(Message):
    """`calls` are those that no event of the order tells of, the newest 200 at most."""

    order_id: str
    app_id: str
    order: OrderSummary
    payments: list[PaymentInBooks]
    refunds: list[RefundOnFile]
    splits: list[SplitView]
    entries: list[LedgerEntry]
    decisions: list[DecisionOnFile]
    calls: list[CallOnFile]


class CloseOrderById(Message):
    """A person closes an order of any app."""

    closed_by: Annotated[str, Field(min_length=1, max_length=64)]
