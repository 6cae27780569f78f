"""A trade as the third party has it, with what went back of it, and the words that tell of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from tests.simulation.division import Division


class TradeState(StrEnum):
    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"


class ReturnState(StrEnum):
    PROCESSING = "processing"
    RETURNED = "returned"
    REFUSED = "refused"
    ABNORMAL = "abnormal"


@dataclass(slots=True)
class Return:
    """A refund, as the third party has it. `is_ours`: we asked for it, by our number; else it was
    made at the console or by a close that undoes. `is_delivered`: notifications and answers tell of
    it; else only the statement does. `is_dispute`: the payer's bank took it back, which nothing but
    notifications of its own tell of; refused, where it gave it back."""

    refund_no: str
    amount: int
    said_at: datetime
    state: ReturnState = ReturnState.PROCESSING
    is_ours: bool = True
    is_delivered: bool = True
    is_dispute: bool = False


@dataclass(slots=True)
class Trade:
    """`is_silent`: its webhook is never sent; `notified_after_s`: how late each is. `asked`: what
    we wanted of the payer. `is_misstated`: the third party says another amount than it took.
    `is_strange`: it was made under our number at an account where we never asked for it."""

    account: str
    payment_no: str
    asked: int
    currency: str
    expires_at: datetime
    method: str = "native"
    state: TradeState = TradeState.CREATED
    taken: int = 0
    taken_currency: str = ""
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    is_reversed: bool = False
    is_silent: bool = False
    notified_after_s: float = 0
    is_misstated: bool = False
    is_strange: bool = False
    returns: dict[str, Return] = field(default_factory=dict)
    divisions: dict[str, Division] = field(default_factory=dict)

    @property
    def trade_no(self) -> str:
        return f"{self.account}-{self.payment_no[-10:]}"

    @property
    def is_paid(self) -> bool:
        return self.state is TradeState.PAID

    @property
    def returned(self) -> int:
        return self._sum(ReturnState.RETURNED)

    @property
    def returned_outside(self) -> int:
        """What went back without our asking."""
        gone = (each for each in self.returns.values() if not each.is_ours)
        return sum(each.amount for each in gone if each.state is ReturnState.RETURNED)

    @property
    def disputed(self) -> int:
        """What payers' banks have of it."""
        disputes = (each for each in self.returns.values() if each.is_dispute)
        return sum(each.amount for each in disputes if each.state is ReturnState.RETURNED)

    @property
    def reversed_at(self) -> datetime | None:
        if not self.is_reversed:
            return None
        return self.returns[self.reversal_no].said_at

    @property
    def reversal_no(self) -> str:
        return f"{self.trade_no}-reversal"

    @property
    def over_at(self) -> datetime | None:
        """Since when nobody owes anybody anything: it was closed, or all went back outside."""
        if self.closed_at is None and self.taken > 0 and self.returned_outside == self.taken:
            return max(each.said_at for each in self.returns.values() if not each.is_ours)
        return self.closed_at

    @property
    def left(self) -> int:
        """What may still be refunded."""
        return self.taken - self.returned - self._sum(ReturnState.PROCESSING, ReturnState.ABNORMAL)

    def is_payable(self, now: datetime) -> bool:
        return self.state is TradeState.CREATED and now <= self.expires_at

    def _sum(self, *states: ReturnState) -> int:
        return sum(each.amount for each in self.returns.values() if each.state in states)


Notification = dict[str, Any]
"""The words of a webhook, or of an answer."""

NOT_FOUND: Final = {"code": "not_found"}


def paid_words(trade: Trade, amount: int, paid_at: datetime, at: datetime) -> Notification:
    """That so much was taken; what went back of it altogether, and by which refund last."""
    back = [
        each
        for each in trade.returns.values()
        if each.state is ReturnState.RETURNED and each.is_delivered and not each.is_dispute
    ]
    last = max(back, key=lambda each: each.said_at, default=None)
    return {
        "code": "reversed" if trade.is_reversed else str(TradeState.PAID),
        "payment_no": trade.payment_no,
        "trade_no": trade.trade_no,
        "amount": amount,
        "currency": trade.taken_currency or trade.currency,
        "paid_at": paid_at.isoformat(),
        "returned": sum(each.amount for each in back),
        "return_no": last.refund_no if last else None,
        "at": at.isoformat(),
    }


def dispute_words(trade: Trade, dispute: Return, at: datetime) -> Notification:
    """How the trade stands, and what its payer's bank has of it by this dispute."""
    is_won = dispute.state is not ReturnState.RETURNED
    about = {"number": dispute.refund_no, "amount": dispute.amount, "is_won": is_won}
    return payment_words(trade, at) | {"dispute": about}


def payment_words(trade: Trade, at: datetime) -> Notification:
    if trade.paid_at is not None:
        amount = trade.asked - 1 if trade.is_misstated else trade.taken
        return paid_words(trade, amount, trade.paid_at, at)
    return {
        "code": str(trade.state),
        "payment_no": trade.payment_no,
        "trade_no": trade.trade_no,
        "at": at.isoformat(),
    }


def refund_words(trade: Trade, refund: Return, at: datetime) -> Notification:
    return {
        "code": str(refund.state),
        "payment_no": trade.payment_no,
        "refund_no": refund.refund_no,
        "trade": payment_words(trade, at),
        "amount": refund.amount,
        "currency": trade.taken_currency or trade.currency,
        "at": at.isoformat(),
    }
