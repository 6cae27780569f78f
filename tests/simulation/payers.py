"""Those around the third parties: payers with their phones, strangers who use our numbers, the
third parties' own staff, and merchants at their channel's console."""

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.chance import Chance
from tests.simulation.habits import Habits
from tests.simulation.harness import Harness
from tests.simulation.third_party import ThirdParty
from tests.simulation.trades import Return, ReturnState, Trade


class Counted:
    """People with something to do; `busy` is what they still will do."""

    def __init__(self, harness: Harness, what: str) -> None:
        self.busy = 0
        self.harness = harness
        self.dice = Chance(harness.seed, what)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.harness.begin(self._counted(work))

    async def _counted(self, work: Coroutine[Any, Any, None]) -> None:
        self.busy += 1
        try:
            await work
        finally:
            self.busy -= 1


class Payers(Counted):
    """Those who hold the phones."""

    def __init__(self, harness: Harness, habits: Habits, parties: dict[str, ThirdParty]) -> None:
        super().__init__(harness, "payers")
        self._parties = parties
        self._habits = habits
        self._typing: set[str] = set()

    def see(self, trade: Trade) -> None:
        """A QR code is shown, or the phone asks for the password."""
        if trade.method == "barcode" and self.dice.happens(self._habits.types_slowly):
            self._typing.add(trade.payment_no)
        elif self.dice.happens(self._habits.pays):
            self.begin(self._pay(trade))

    def follow(self, account: str, requested: Mapping[str, Any]) -> None:
        """A link is shown."""
        self.begin(self._open(account, requested))

    def outrun(self, trade: Trade) -> None:
        """The till gives up, and the last digit of the password is there just before."""
        if trade.payment_no in self._typing:
            self._type(trade)

    async def _open(self, account: str, requested: Mapping[str, Any]) -> None:
        """Now, or when everybody else has forgotten it."""
        expires_at = datetime.fromisoformat(requested["expires_at"])
        left_s = max(0, (expires_at - self.harness.now()).total_seconds())
        soon_s, later_s = self.dice.between(0.1, 20), left_s * self.dice.between(0.2, 0.95)
        await asyncio.sleep(self.dice.pick((soon_s, later_s, later_s)))
        if self.dice.happens(self._habits.pays):
            self._parties[account].opens(requested)

    async def _pay(self, trade: Trade) -> None:
        left_s = (trade.expires_at - self.harness.now()).total_seconds()
        soon_s = self.dice.between(0.01, min(60.0, max(0.1, left_s)))
        await asyncio.sleep(left_s * 0.98 if self.dice.happens(self._habits.late) else soon_s)
        self._type(trade)

    def _type(self, trade: Trade) -> None:
        dice, habits = self.dice, self._habits
        amount = trade.asked + (1 if dice.happens(habits.wrong_amount) else 0)
        party = self._parties[trade.account]
        is_wrong = dice.happens(habits.wrong_currency) and not party.customs.one_currency
        others = [each for each in habits.currencies if each != trade.currency]
        party.pays(
            trade,
            amount=amount,
            currency=dice.pick(others) if is_wrong and others else trade.currency,
            is_silent=dice.happens(habits.silent),
        )


class Strangers(Counted):
    """Who pays somebody else under a number of ours."""

    def __init__(self, harness: Harness, habits: Habits, parties: dict[str, ThirdParty]) -> None:
        super().__init__(harness, "strangers")
        self._parties = parties
        self._habits = habits

    def see(self, trade: Trade) -> None:
        if self.dice.happens(self._habits.strangers):
            self.begin(self._use(trade))

    async def _use(self, trade: Trade) -> None:
        dice = self.dice
        await asyncio.sleep(dice.pick((0.0, dice.between(0, 100))))
        others = [each for each in self._parties if each != trade.account]
        party = self._parties[dice.pick(others)]
        if trade.payment_no in party.trades:
            return
        amount = dice.pick((1, trade.asked))
        party.takes_for_others(
            Trade(
                party.account,
                trade.payment_no,
                amount,
                trade.currency,
                trade.expires_at,
                is_strange=True,
            )
        )


class Banks(Counted):
    """Those of the payers, to whom payers complain."""

    def __init__(self, harness: Harness, parties: dict[str, ThirdParty]) -> None:
        super().__init__(harness, "banks")
        self._parties = parties

    def see_paid(self, trade: Trade) -> None:
        rate = self._parties[trade.account].customs.disputes
        for _ in range(2 if rate else 0):
            if self.dice.happens(rate):
                self.begin(self._dispute(trade))

    async def _dispute(self, trade: Trade) -> None:
        party = self._parties[trade.account]
        await asyncio.sleep(self.dice.pick((self.dice.between(0, 60), 3000.0)))
        if not trade.is_paid or trade.left <= 0:
            return
        amount = self.dice.pick((1, max(1, trade.left // 3), trade.left))
        dispute = party.takes_back(trade, amount)
        await asyncio.sleep(self.dice.pick((self.dice.between(0, 60), 3000.0)))
        if self.dice.happens(0.4):
            party.wins(trade, dispute)


class Staff(Counted):
    """Those who decide refunds, and merchants who refund at the console."""

    def __init__(self, harness: Harness, parties: dict[str, ThirdParty]) -> None:
        super().__init__(harness, "staff")
        self._parties = parties

    def must_decide(self, trade: Trade, refund: Return) -> None:
        """A refund is slow, or its money did not find the payer."""
        self.begin(self._decide(trade, refund))

    def see_paid(self, trade: Trade) -> None:
        if trade.is_misstated:
            self.begin(self._correct(trade))
        if self.dice.happens(self._parties[trade.account].customs.console_refunds):
            self.begin(self._refund(trade))

    def see_back(self, trade: Trade, refund: Return) -> None:
        if self.dice.happens(self._parties[trade.account].customs.bounced_refunds):
            self.begin(self._bounce(trade, refund))

    async def _decide(self, trade: Trade, refund: Return) -> None:
        party = self._parties[trade.account]
        await asyncio.sleep(self.dice.pick((2.0, 100.0, 9000.0)))
        if refund.state is ReturnState.PROCESSING:
            party.decides(trade, refund, party.decision())
        elif refund.state is ReturnState.ABNORMAL and self.dice.happens(0.5):
            party.decides(trade, refund, ReturnState.RETURNED)

    async def _correct(self, trade: Trade) -> None:
        await asyncio.sleep(self.dice.between(5, 200))
        self._parties[trade.account].corrects(trade)

    async def _refund(self, trade: Trade) -> None:
        for _ in range(self.dice.whole(1, 3)):
            await asyncio.sleep(self.dice.pick((self.dice.between(0, 60), 3000.0)))
            if trade.is_paid and trade.left > 0:
                amount = self.dice.pick((1, max(1, trade.left // 3), trade.left))
                self._parties[trade.account].refunds_at_the_console(trade, amount)

    async def _bounce(self, trade: Trade, refund: Return) -> None:
        """A bank takes its time, more than clocks differ."""
        await asyncio.sleep(self.dice.pick((self.dice.between(60, 300), 5000.0)))
        if refund.state is ReturnState.RETURNED:
            self._parties[trade.account].decides(trade, refund, ReturnState.ABNORMAL)
