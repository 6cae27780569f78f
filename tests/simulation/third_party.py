"""A third party (渠道) and its books: what stands here is the truth about the money.

It believes its callers and forbids little: who refunds twice under two numbers has paid twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from tests.simulation.chance import Chance
from tests.simulation.division import Divider, Division
from tests.simulation.world import World


class TradeState(StrEnum):
    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"


class ReturnState(StrEnum):
    PROCESSING = "processing"
    RETURNED = "returned"
    REFUSED = "refused"
    ABNORMAL = "abnormal"


@dataclass(frozen=True, slots=True)
class Customs:
    """What is usual at this third party; drawn anew for each seed."""

    can_close: bool
    ends_by_itself: bool
    """A trade that nobody paid in time is closed there; always so where nobody else can close."""
    pays_after_close: float
    """The chance that a payer who is just typing the password is let through all the same."""
    slow_refunds: float
    refused_refunds: float
    abnormal_refunds: float
    refused_shares: float
    declined_payments: float


@dataclass(slots=True)
class Return:
    """A refund, as the third party has it."""

    refund_no: str
    amount: int
    state: ReturnState = ReturnState.PROCESSING


@dataclass(slots=True)
class Trade:
    """`is_silent`: its webhook is never sent. `asked`: what we wanted of the payer."""

    account: str
    payment_no: str
    asked: int
    expires_at: datetime
    state: TradeState = TradeState.CREATED
    taken: int = 0
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    is_silent: bool = False
    returns: dict[str, Return] = field(default_factory=dict)
    divisions: dict[str, Division] = field(default_factory=dict)

    @property
    def trade_no(self) -> str:
        return f"T{self.payment_no[-10:]}"

    @property
    def returned(self) -> int:
        gone = (each for each in self.returns.values() if each.state is ReturnState.RETURNED)
        return sum(each.amount for each in gone)


Notice = dict[str, Any]
"""The words of a webhook."""

NOT_FOUND: Final = {"code": "not_found"}


class ThirdParty:
    """One channel account. `on_trade` see new trades, `on_return` of refunds that somebody
    must decide, `on_notice` of what is to be told to us."""

    def __init__(
        self,
        world: World,
        account: str,
        customs: Customs,
        *,
        on_trade: Sequence[Callable[[Trade], None]],
        on_return: Callable[[Trade, Return], None],
        on_notice: Callable[[Trade, Notice], None],
    ) -> None:
        self.account = account
        self.trades: dict[str, Trade] = {}
        self._world = world
        self._dice = Chance(world.seed, f"third party {account}")
        self._customs = customs
        self._divider = Divider(
            Chance(world.seed, f"divider {account}"),
            world.now,
            refuses=customs.refused_shares,
            slow=customs.slow_refunds,
        )
        self._on_trade = on_trade
        self._on_return = on_return
        self._on_notice = on_notice

    def answer(self, operation: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """Carry a request out; each may be repeated."""
        match operation:
            case "pay":
                return self._open(said)
            case "query":
                return self._query(said["payment_no"])
            case "close":
                return self._close(said["payment_no"])
            case "refund":
                return self._refund(said)
            case "query_refund":
                return self._query_refund(said)
            case _:
                return self._divide(operation, said)

    # ── what payers and its own people do ─────────────────────────────────────────────────────

    def pays(self, trade: Trade, *, amount: int, is_silent: bool) -> bool:
        """The payer enters the password; whether the money was taken."""
        now = self._world.now()
        if trade.state is TradeState.PAID or now > trade.expires_at:
            return False
        if trade.state is TradeState.CLOSED and not self._dice.happens(
            self._customs.pays_after_close
        ):
            return False
        trade.is_silent = is_silent and trade.state is TradeState.CREATED
        self._take(trade, amount)
        return True

    def decides(self, trade: Trade, refund: Return, state: ReturnState) -> None:
        """A refund comes to an end."""
        refund.state = state
        self._tell("decides", refund.refund_no, state)
        self._on_notice(trade, _refund_notice(trade, refund))
        if state is ReturnState.ABNORMAL:
            self._on_return(trade, refund)

    def decision(self) -> ReturnState:
        """How a refund ends here."""
        if self._dice.happens(self._customs.abnormal_refunds):
            return ReturnState.ABNORMAL
        if self._dice.happens(self._customs.refused_refunds):
            return ReturnState.REFUSED
        return ReturnState.RETURNED

    # ── what we ask ───────────────────────────────────────────────────────────────────────────

    def _open(self, said: Mapping[str, Any]) -> dict[str, Any]:
        payment_no = said["payment_no"]
        if payment_no in self.trades:
            return self._query(payment_no)
        if self._dice.happens(self._customs.declined_payments):
            self._tell("declines", payment_no)
            return {"code": "declined"}
        trade = Trade(
            self.account, payment_no, said["amount"], datetime.fromisoformat(said["expires_at"])
        )
        self.trades[payment_no] = trade
        self._tell("opens", payment_no, trade.asked)
        if said["method"] == "barcode":
            self._take(trade, trade.asked)
        else:
            for next_check in self._on_trade:
                next_check(trade)
        return self._query(payment_no)

    def _take(self, trade: Trade, amount: int) -> None:
        trade.state, trade.taken, trade.paid_at = TradeState.PAID, amount, self._world.now()
        self._tell("takes", trade.payment_no, amount, "silently" if trade.is_silent else "")
        if not trade.is_silent:
            self._on_notice(trade, _payment_notice(trade))

    def _query(self, payment_no: str) -> dict[str, Any]:
        trade = self._find(payment_no)
        return NOT_FOUND if trade is None else _payment_notice(trade)

    def _close(self, payment_no: str) -> dict[str, Any]:
        trade = self._find(payment_no)
        if trade is None:
            return NOT_FOUND
        if trade.state is TradeState.PAID:
            return {"code": "paid"}
        self._end(trade)
        self._tell("closes", payment_no)
        return {"code": "closed"}

    def _refund(self, said: Mapping[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(said["payment_no"])
        if trade is None or trade.state is not TradeState.PAID:
            return {"code": "refused"}
        known = trade.returns.get(said["refund_no"])
        if known is not None:
            return _refund_notice(trade, known)
        refund = Return(said["refund_no"], said["amount"])
        trade.returns[refund.refund_no] = refund
        self._tell("refunds", refund.refund_no, refund.amount)
        if self._dice.happens(self._customs.slow_refunds):
            self._on_return(trade, refund)
        else:
            self.decides(trade, refund, self.decision())
        return _refund_notice(trade, refund)

    def _query_refund(self, said: Mapping[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(said["payment_no"])
        refund = trade.returns.get(said["refund_no"]) if trade else None
        return NOT_FOUND if trade is None or refund is None else _refund_notice(trade, refund)

    def _divide(self, operation: str, said: Mapping[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(said["payment_no"])
        if trade is None or trade.state is not TradeState.PAID:
            return NOT_FOUND
        match operation:
            case "split":
                self._tell("divides", said["split_no"], said["shares"])
                return self._divider.divide(trade.divisions, said)
            case "query_split":
                return self._divider.tell(trade.divisions, said["split_no"])
            case "call_back":
                self._tell("calls back", said["return_no"], said["amount"])
                return {"code": self._divider.call_back(trade.divisions, said)}
            case _:
                raise KeyError(operation)

    def _find(self, payment_no: str) -> Trade | None:
        trade = self.trades.get(payment_no)
        if trade is not None and trade.state is TradeState.CREATED:
            is_over = self._world.now() > trade.expires_at
            if is_over and self._customs.ends_by_itself:
                self._end(trade)
        return trade

    def _end(self, trade: Trade) -> None:
        trade.state, trade.closed_at = TradeState.CLOSED, trade.closed_at or self._world.now()

    def _tell(self, what: str, *facts: object) -> None:
        self._world.story.tell(self.account, what, *facts)


def paid_notice(trade: Trade, amount: int, at: datetime) -> Notice:
    """That so much was taken."""
    return {
        "code": str(TradeState.PAID),
        "payment_no": trade.payment_no,
        "trade_no": trade.trade_no,
        "amount": amount,
        "paid_at": at.isoformat(),
    }


def _payment_notice(trade: Trade) -> Notice:
    if trade.paid_at is not None:
        return paid_notice(trade, trade.taken, trade.paid_at)
    return {
        "code": str(trade.state),
        "payment_no": trade.payment_no,
        "trade_no": trade.trade_no,
    }


def _refund_notice(trade: Trade, refund: Return) -> Notice:
    return {
        "code": str(refund.state),
        "payment_no": trade.payment_no,
        "refund_no": refund.refund_no,
        "amount": refund.amount,
    }


def usual(chance: Chance) -> Customs:
    """What is usual at the third party of one seed."""
    can_close = chance.happens(0.8)
    return Customs(
        can_close=can_close,
        ends_by_itself=not can_close or chance.happens(0.3),
        pays_after_close=chance.pick((0, 0.5)),
        slow_refunds=chance.pick((0, 0.3, 0.9)),
        refused_refunds=chance.pick((0, 0.3)),
        abnormal_refunds=chance.pick((0, 0, 0.3)),
        refused_shares=chance.pick((0, 0.2)),
        declined_payments=chance.pick((0, 0, 0.3)),
    )
