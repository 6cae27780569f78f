"""People of merchant-admin, who decide on what they saw a while ago."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar, cast

from tests.simulation import network
from tests.simulation.centre import Centre
from tests.simulation.features import Feature
from tests.simulation.harness import Harness
from tests.simulation.payers import Counted
from tests.simulation.replica import Replica

from chassis.problems import Problem
from contracts.events.orders import OrderEventRecord, OrderEventType
from contracts.internal import (
    ClaimSeen,
    DecidePayment,
    DecideRefund,
    PaymentDecision,
    RefundDecision,
    ReplayDeadLetter,
)
from trade_core.api import payments, refunds, results
from trade_core.flows.deps import Deps

T = TypeVar("T")

LIMIT_S: Final = 10.0
TRIES: Final = 6
NAME: Final = "li.wei"


class Operators(Counted):
    """`decided`: per payment what was seen when a decision on it was taken, and which it was."""

    def __init__(self, harness: Harness) -> None:
        super().__init__(harness, "operators")
        self.centre: Centre
        self.decided: dict[str, tuple[PaymentDecision, ClaimSeen]] = {}
        self.refunds: dict[str, RefundDecision] = {}

    def open(self) -> None:
        if self.harness.has(Feature.REPLAYS):
            self.begin(self._replay())

    def receives(self, event: OrderEventRecord) -> None:
        if not self.harness.has(Feature.DECISIONS):
            return
        if event.type == OrderEventType.PAYMENT_CONFLICTED:
            self.begin(self._decide_payment(event.subject))
        if event.type == OrderEventType.REFUND_ABNORMAL:
            self.begin(self._decide_refund(event.subject))

    async def _decide_payment(self, payment_no: str) -> None:
        for _ in range(TRIES):
            await asyncio.sleep(self.dice.pick((1.0, 60.0)))
            seen = await self._ask(lambda deps: payments.get_payment(payment_no, deps))
            if seen is None or seen.claim is None:
                continue
            claim = ClaimSeen.model_validate(
                seen.claim.model_dump(include=set(ClaimSeen.model_fields))
            )
            await asyncio.sleep(self.dice.pick((1.0, self.dice.between(0, 300), 200.0)))
            decision = self.dice.pick((PaymentDecision.ACCEPT, PaymentDecision.REFUND))
            request = DecidePayment(decision=decision, reason="对账", decided_by=NAME, claim=claim)
            self._tell("decides", decision, payment_no, claim)
            if await self._ask(_decide(payment_no, request)) is not None:
                self.decided.setdefault(payment_no, (decision, claim))
                return

    async def _decide_refund(self, refund_no: str) -> None:
        await asyncio.sleep(self.dice.pick((1.0, 60.0)))
        seen = await self._ask(lambda deps: refunds.get_refund(refund_no, deps))
        if seen is None or not self.dice.happens(0.5):
            return
        await asyncio.sleep(self.dice.pick((1.0, self.dice.between(0, 3000))))
        decision = self.dice.pick(tuple(RefundDecision))
        request = DecideRefund(
            decision=decision,
            reason="电话确认",
            decided_by=NAME,
            version=cast(int, getattr(seen, "version", None)),
        )
        self._tell("decides", decision, refund_no)
        decided = await self._ask(
            lambda deps: refunds.post_refund_decision(refund_no, request, deps)
        )
        if decided is not None:
            self.refunds[refund_no] = decision

    async def _replay(self) -> None:
        """Whatever lies there, now and then."""
        for _ in range(5):
            await asyncio.sleep(self.dice.pick((30.0, 300.0, 4000.0)))
            page = await self._ask(lambda deps: results.list_dead_letters(deps, limit=100))
            for letter in page.items if page else ():
                request = ReplayDeadLetter(version=letter.version)
                self._tell("replays", letter.id, letter.key)
                await self._ask(_replay(letter.id, request))

    async def _ask(self, work: Callable[[Deps], Coroutine[Any, Any, T]]) -> T | None:
        host = self.centre.core()
        try:
            return await network.call(
                self.harness,
                host.process if host else None,
                lambda: work(cast(Replica, host).deps),
                LIMIT_S,
            )
        except (network.CallLost, network.ServerError, Problem) as error:
            self._tell("is refused", repr(error))
            return None

    def _tell(self, what: str, *facts: object) -> None:
        self.harness.story.tell("operator", what, *facts)


def _decide(
    payment_no: str, request: DecidePayment
) -> Callable[[Deps], Coroutine[Any, Any, object]]:
    return lambda deps: payments.post_payment_decision(payment_no, request, deps)


def _replay(
    letter_id: int, request: ReplayDeadLetter
) -> Callable[[Deps], Coroutine[Any, Any, object]]:
    return lambda deps: results.post_replay(letter_id, request, deps)
