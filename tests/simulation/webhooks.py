"""The third parties' webhooks: sent until they are taken; twice, late, early, forged."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final

from tests.simulation import network
from tests.simulation.bus import Bus
from tests.simulation.centre import Centre
from tests.simulation.harness import Harness
from tests.simulation.party_wire import WiredParty
from tests.simulation.trades import Notification, Trade, paid_words

from chassis.problems import Problem
from gateway.channels.plugin import RawNotification
from gateway.flows import notification as flow

AGAIN_S: Final = (5, 15, 30, 60, 180, 600, 1800)
LIMIT_S: Final = 5.0


class Postman:
    """Carries what third parties tell to the gateway. `waiting` are the words not yet taken,
    `told` the accounts and numbers of those that were, `too_early` what was acknowledged before it
    was durable."""

    def __init__(self, harness: Harness, wired_parties: Mapping[str, WiredParty], bus: Bus) -> None:
        self.centre: Centre
        self.waiting = 0
        self.notified: set[tuple[str, str]] = set()
        self.too_early: list[str] = []
        self._harness = harness
        self._parties = wired_parties
        self._bus = bus

    def take(self, trade: Trade, notification: Notification) -> None:
        for _ in range(2 if self._harness.happens("notification_twice") else 1):
            self._harness.begin(self._deliver(trade, notification))

    def see(self, trade: Trade) -> None:
        """A thief, who knows the number, perhaps claims that the trade is paid."""
        if self._harness.happens("notification_forged"):
            now = self._harness.now()
            lie = paid_words(trade, trade.asked, now, now)
            self._harness.begin(self._forge(trade.account, lie))

    async def _forge(self, account: str, lie: Notification) -> None:
        await asyncio.sleep(self._delay_s())
        status = await self._post(account, self._parties[account].wire.forged(lie))
        self._harness.story.tell("thief", "is answered", status)

    async def _deliver(self, trade: Trade, notification: Notification) -> None:
        self.waiting += 1
        await asyncio.sleep(self._delay_s() + trade.notified_after_s)
        durable = self._bus.count_durable(trade.payment_no)
        for pause_s in _pauses_s():
            raw = self._parties[trade.account].wire.notification(notification)
            if raw is None:
                self.waiting -= 1
                return
            if await self._post(trade.account, raw) == 200:
                break
            await asyncio.sleep(pause_s)
        if self._bus.count_durable(trade.payment_no) == durable:
            self.too_early.append(f"a notice of {trade.payment_no} was taken and is nowhere")
        self.notified.add((trade.account, trade.payment_no))
        self.waiting -= 1

    def _delay_s(self) -> float:
        harness = self._harness
        if harness.happens("notification_early"):
            return 0.0
        return (
            harness.dice.between(1, 600)
            if harness.happens("notification_late")
            else harness.latency_s()
        )

    async def _post(self, account: str, raw: RawNotification) -> int:
        """The status of the answer; 0 for none."""
        if self.centre.gateway is None:
            return 0
        process, deps = self.centre.gateway
        addressee = deps.directory.find_account(account)
        assert addressee is not None
        word = flow.Notification(addressee.channel, account, raw)
        try:
            answer = await network.call(
                self._harness, process, lambda: flow.receive(deps, word), LIMIT_S
            )
        except (network.CallLost, network.ServerError, Problem):
            return 0
        return answer.status


def _pauses_s() -> Iterator[int]:
    yield from AGAIN_S
    while True:
        yield AGAIN_S[-1]
