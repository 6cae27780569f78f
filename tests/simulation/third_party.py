"""A third party (渠道) and its books: what stands here is the truth about the money.

It believes its callers and forbids little: who refunds twice under two numbers has paid twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tests.simulation.chance import Chance
from tests.simulation.customs import Customs
from tests.simulation.division import Divider
from tests.simulation.harness import Harness
from tests.simulation.statement_writing import Clerk, Slip
from tests.simulation.trades import (
    NOT_FOUND,
    Notification,
    Return,
    ReturnState,
    Trade,
    TradeState,
    dispute_words,
    payment_words,
    refund_words,
)

ODD: Final = ("\0", "余额\0不足", "\ud83d", "x" * 5_000, "\u202e系统繁忙\u2028\x85", "𠮷" * 200)
"""What no table can hold, what cannot be encoded, what deceives whoever reads it."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who watches: `on_trade` new trades, `on_closing` those that nobody has paid when our close
    arrives, just before it is done, `on_paid` money that came, `on_return` refunds that
    somebody must decide, `on_back` those that went back, `on_notification` what is to be told
    to us."""

    on_trade: Callable[[Trade], None]
    on_closing: Callable[[Trade], None]
    on_paid: Callable[[Trade], None]
    on_return: Callable[[Trade, Return], None]
    on_back: Callable[[Trade, Return], None]
    on_notification: Callable[[Trade, Notification], None]


class ThirdParty:
    """One channel account."""

    def __init__(self, harness: Harness, account: str, customs: Customs, hooks: Hooks) -> None:
        self.account = account
        self.trades: dict[str, Trade] = {}
        self.declined: set[str] = set()
        self.customs = customs
        self._harness = harness
        self._dice = Chance(harness.seed, f"third party {account}")
        self._divider = Divider(
            Chance(harness.seed, f"divider {account}"),
            harness.now,
            refuses=customs.refused_shares,
            slow=customs.slow_refunds,
        )
        self._clerk = Clerk(Chance(harness.seed, f"clerk {account}"), customs.slips)
        self._hooks = hooks

    @property
    def slips(self) -> Mapping[str, Slip]:
        """What is wrong in its statements, by subject."""
        return self._clerk.slips

    def answer(self, operation: str, requested: Mapping[str, Any]) -> dict[str, Any]:
        """Carry a request out; each may be repeated."""
        match operation:
            case "pay":
                answer = self.opens(requested)
            case "query":
                answer = self._query(requested["payment_no"])
            case "close":
                answer = self._close(requested["payment_no"])
            case "refund":
                answer = self._refund(requested)
            case "query_refund":
                answer = self._query_refund(requested)
            case "no_splits":
                answer = {"code": operation}
            case "statement":
                rows = self._clerk.statement(self.trades.values(), requested["day"])
                answer = {"code": operation, "rows": rows}
            case _:
                answer = self._divide(operation, requested)
        is_odd = self._dice.happens(self.customs.odd_words)
        return {**answer, "message": self._dice.pick(ODD)} if is_odd else answer

    # ── what payers and its own people do ─────────────────────────────────────────────────────

    def opens(self, requested: Mapping[str, Any]) -> dict[str, Any]:
        """We ask for a trade, or the payer follows our link to it."""
        payment_no = requested["payment_no"]
        if payment_no in self.trades:
            return self._query(payment_no)
        expires_at = datetime.fromisoformat(requested["expires_at"])
        if self._dice.happens(self.customs.declined_payments) or self._now() > expires_at:
            self.declined.add(payment_no)
            self._tell("declines", payment_no)
            return {"code": "declined"}
        trade = Trade(
            self.account,
            payment_no,
            requested["amount"],
            requested["currency"],
            expires_at,
            method=requested["method"],
        )
        self.trades[payment_no] = trade
        self._tell("opens", payment_no, trade.asked, trade.currency)
        if requested["method"] == "barcode" and not requested["auth_code"].endswith("00"):
            self._take(trade, trade.asked, trade.currency)
        else:
            self._hooks.on_trade(trade)
        return self._query(payment_no)

    def takes_for_others(self, trade: Trade) -> None:
        """A trade that was made here under a number of ours, which we never asked for."""
        self.trades[trade.payment_no] = trade
        self._tell("is paid under a number of others:", trade.payment_no, trade.asked)
        self._take(trade, trade.asked, trade.currency)

    def pays(self, trade: Trade, *, amount: int, currency: str, is_silent: bool) -> bool:
        """The payer enters the password; whether the money was taken."""
        if trade.paid_at is not None or self._now() > trade.expires_at:
            return False
        if trade.state is TradeState.CLOSED and not self._dice.happens(
            self.customs.pays_after_close
        ):
            return False
        trade.notified_after_s = self._dice.between(20, 400) * self._dice.happens(
            self.customs.tells_late
        )
        trade.is_silent = is_silent and trade.state is TradeState.CREATED
        self._take(trade, amount, currency)
        return True

    def decides(self, trade: Trade, refund: Return, state: ReturnState) -> None:
        """A refund comes to an end."""
        refund.state, refund.said_at = state, self._now()
        self._tell("decides", refund.refund_no, state)
        self._hooks.on_notification(trade, refund_words(trade, refund, self._now()))
        if state is ReturnState.ABNORMAL:
            self._hooks.on_return(trade, refund)
        if state is ReturnState.RETURNED:
            self._hooks.on_back(trade, refund)

    def decision(self) -> ReturnState:
        """How a refund ends here."""
        if self._dice.happens(self.customs.abnormal_refunds):
            return ReturnState.ABNORMAL
        if self._dice.happens(self.customs.refused_refunds):
            return ReturnState.REFUSED
        return ReturnState.RETURNED

    def corrects(self, trade: Trade) -> None:
        """What was said wrongly at first is said again."""
        trade.is_misstated = False
        self._tell("corrects itself", trade.payment_no, trade.taken)
        self._hooks.on_notification(trade, payment_words(trade, self._now()))

    def refunds_at_the_console(self, trade: Trade, amount: int) -> None:
        """The merchant gives back past us; the notification, if there is one, is about the
        trade."""
        number = f"{trade.trade_no}-console-{len(trade.returns)}"
        is_delivered = not self._clerk.dice.happens(self.customs.untold_refunds)
        trade.returns[number] = Return(
            number,
            amount,
            self._now(),
            ReturnState.RETURNED,
            is_ours=False,
            is_delivered=is_delivered,
        )
        self._tell("refunds at the console", number, amount, "" if is_delivered else "untold")
        if is_delivered:
            self._hooks.on_notification(trade, payment_words(trade, self._now()))

    def takes_back(self, trade: Trade, amount: int) -> Return:
        """The payer's bank has it again."""
        number = f"{trade.trade_no}-dispute-{len(trade.returns)}"
        dispute = trade.returns[number] = Return(
            number,
            amount,
            self._now(),
            ReturnState.RETURNED,
            is_ours=False,
            is_dispute=True,
        )
        self._tell("takes back for the bank", number, amount)
        self._hooks.on_notification(trade, dispute_words(trade, dispute, self._now()))
        return dispute

    def wins(self, trade: Trade, dispute: Return) -> None:
        """The payer's bank gives it back."""
        dispute.state, dispute.said_at = ReturnState.REFUSED, self._now()
        self._tell("has it again from the bank", dispute.refund_no, dispute.amount)
        self._hooks.on_notification(trade, dispute_words(trade, dispute, self._now()))

    # ── what we ask ───────────────────────────────────────────────────────────────────────────

    def _take(self, trade: Trade, amount: int, currency: str) -> None:
        trade.state, trade.taken, trade.paid_at = TradeState.PAID, amount, self._now()
        trade.taken_currency = currency
        is_wrong = amount != trade.asked
        trade.is_misstated = is_wrong and self._dice.happens(self.customs.misstates)
        what = "silently" if trade.is_silent else ""
        self._tell("takes", trade.payment_no, amount, currency, what)
        if not trade.is_silent:
            self._hooks.on_notification(trade, payment_words(trade, self._now()))
        self._hooks.on_paid(trade)

    def _query(self, payment_no: str) -> dict[str, Any]:
        trade = self._find(payment_no)
        if trade is None:
            return NOT_FOUND
        return payment_words(trade, self._now())

    def _close(self, payment_no: str) -> dict[str, Any]:
        trade = self._find(payment_no)
        if trade is None:
            return NOT_FOUND
        if trade.is_reversed:
            return payment_words(trade, self._now())
        if trade.is_payable(self._now()):
            self._hooks.on_closing(trade)
        if trade.state is TradeState.PAID and trade.method == "barcode" and not trade.returns:
            return self._reverse(trade)
        if trade.state is TradeState.PAID:
            return {"code": "paid"}
        self._end(trade)
        self._tell("closes", payment_no)
        return {"code": "closed"}

    def _reverse(self, trade: Trade) -> dict[str, Any]:
        """撤销: what was taken by a payment code goes back when it is closed."""
        self._end(trade)
        trade.is_reversed = True
        number = trade.reversal_no
        trade.returns[number] = Return(
            number, trade.taken, self._now(), ReturnState.RETURNED, is_ours=False
        )
        self._tell("reverses", trade.payment_no, trade.taken)
        return payment_words(trade, self._now())

    def _refund(self, requested: Mapping[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(requested["payment_no"])
        known = trade.returns.get(requested["refund_no"]) if trade else None
        if trade is not None and known is not None:
            return refund_words(trade, known, self._now())
        if trade is None or not trade.is_paid or requested["amount"] > trade.left:
            return {"code": "refused"}
        refund = Return(requested["refund_no"], requested["amount"], self._now())
        trade.returns[refund.refund_no] = refund
        self._tell("refunds", refund.refund_no, refund.amount)
        if self._dice.happens(self.customs.slow_refunds):
            self._hooks.on_return(trade, refund)
        else:
            self.decides(trade, refund, self.decision())
        return refund_words(trade, refund, self._now())

    def _query_refund(self, requested: Mapping[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(requested["payment_no"])
        refund = trade.returns.get(requested["refund_no"]) if trade else None
        if trade is None or refund is None:
            return NOT_FOUND
        return refund_words(trade, refund, self._now())

    def _divide(self, operation: str, requested: Mapping[str, Any]) -> dict[str, Any]:
        trade = self.trades.get(requested["payment_no"])
        if trade is None:
            return NOT_FOUND
        match operation:
            case "split" if not trade.is_paid and requested["split_no"] not in trade.divisions:
                return {"code": "refused"}
            case "split":
                self._tell("divides", requested["split_no"], requested["shares"])
                return self._divider.divide(trade.divisions, requested)
            case "query_split":
                return self._divider.tell(trade.divisions, requested["split_no"])
            case "call_back":
                self._tell("takes back", requested["return_no"], requested["amount"])
                return {"code": self._divider.return_split(trade.divisions, requested)}
            case _:
                raise KeyError(operation)

    def _find(self, payment_no: str) -> Trade | None:
        trade = self.trades.get(payment_no)
        if trade is not None and trade.state is TradeState.CREATED:
            is_over = self._now() > trade.expires_at
            if is_over and self.customs.ends_by_itself:
                self._end(trade)
        return trade

    def _end(self, trade: Trade) -> None:
        trade.state, trade.closed_at = TradeState.CLOSED, trade.closed_at or self._now()

    def _now(self) -> datetime:
        return self._harness.now()

    def _tell(self, what: str, *facts: object) -> None:
        self._harness.story.tell(self.account, what, *facts)
