"""The people around the centre: an app that never takes silence for an answer, and its payers."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from tests.simulation import network
from tests.simulation.centre import APP, MERCHANT, Centre
from tests.simulation.chance import Chance
from tests.simulation.third_party import Return, ReturnState, ThirdParty, Trade
from tests.simulation.world import Injected, World, is_excused

from chassis.problems import Problem
from contracts.api import (
    CreatePayment,
    CreateRefund,
    CreateSplit,
    Method,
    Payer,
    PaymentView,
    SplitReceiver,
)
from contracts.codes import Code
from contracts.events.orders import OrderEventRecord, OrderEventType
from contracts.internal import ChooseOffer
from gateway.deps import Deps
from gateway.flows import cashier, orders, pay, refunds, splits

T = TypeVar("T")
Work = Callable[[Deps], Coroutine[Any, Any, T]]

LIMIT_S: Final = 60.0
TRIES: Final = 8
AGAIN_S: Final = (0.5, 10.0)
ASK_AGAIN: Final = {Code.OVERLOADED, Code.INTERNAL, Code.PAYMENT_IN_PROGRESS, Code.TOO_SOON}


@dataclass(frozen=True, slots=True)
class Habits:
    """What an app and its payers like to do."""

    orders: int
    repeats: float
    switches: float
    closes: float
    refunds: float
    splits: float
    cashier: float
    barcode: float
    pays: float
    late: float
    wrong_amount: float
    silent: float
    expires_in_s: Sequence[int]


def usual(chance: Chance) -> Habits:
    """The habits of one seed."""
    return Habits(
        orders=chance.whole(1, 3),
        repeats=chance.pick((0, 0.5)),
        switches=chance.pick((0, 0.6)),
        closes=chance.pick((0, 0.3)),
        refunds=chance.pick((0, 0.5, 0.9)),
        splits=chance.pick((0, 0.8)),
        cashier=chance.pick((0, 0.4)),
        barcode=chance.pick((0, 0.2)),
        pays=chance.pick((0.5, 0.9)),
        late=chance.pick((0, 0.3)),
        wrong_amount=chance.pick((0, 0, 0.2)),
        silent=chance.pick((0, 0.3)),
        expires_in_s=chance.pick(((20,), (60, 300), (900,))),
    )


class App:
    """A business system and what it was told. `acknowledged` are the numbers it has an answer
    for: those must exist, whatever dies."""

    def __init__(self, world: World, habits: Habits, accounts: Sequence[str]) -> None:
        self.acknowledged: set[str] = set()
        self.busy = 0
        self.centre: Centre
        self._world = world
        self._habits = habits
        self._accounts = accounts
        self._dice = Chance(world.seed, "app")
        self._heard: set[str] = set()

    def open(self) -> None:
        for turn in range(self._habits.orders):
            self._begin(self._sell(f"W{turn + 1}"))

    def hears(self, event: OrderEventRecord) -> None:
        """A callback; it may come again."""
        if event.id in self._heard:
            return
        self._heard.add(event.id)
        paid = event.data.payment
        if event.type == OrderEventType.PAYMENT_SUCCEEDED and paid is not None:
            for turn in range(3):
                if self._dice.happens(self._habits.refunds):
                    self._begin(self._refund(self._refund_request(paid, turn)))
            for turn in range(2):
                if self._dice.happens(self._habits.splits):
                    self._begin(self._split(self._split_request(paid, turn)))

    async def _sell(self, number: str) -> None:
        dice = self._dice
        await asyncio.sleep(dice.between(0, 30))
        request = self._request(number)
        await self._pay(request)
        while dice.happens(self._habits.switches):
            await asyncio.sleep(dice.between(1, 40))
            await self._pay(self._request(number))
        if dice.happens(self._habits.closes):
            await asyncio.sleep(dice.between(0.1, dice.pick((10, 100))))
            await self._ask(
                "closes",
                number,
                lambda deps: orders.close(deps, APP, number, MERCHANT.merchant_id),
            )
        await self._ask(
            "reads",
            number,
            lambda deps: orders.get_order(deps, APP, number, MERCHANT.merchant_id),
        )

    async def _pay(self, request: CreatePayment) -> None:
        if self._dice.happens(self._habits.repeats):
            self._begin(self._create(request))
        await self._create(request)

    async def _create(self, request: CreatePayment) -> None:
        what = f"{request.merchant_order_no} {request.amount} {request.method} {request.payment_id}"
        created = await self._ask("pays", what, lambda deps: pay.create(deps, APP, request))
        if created is None:
            return
        self.acknowledged.add(created.payment.payment_no)
        if request.method is Method.CASHIER:
            url = getattr(created.payment.action, "url", "")
            self._begin(self._choose(url.rpartition("/")[2]))

    async def _choose(self, token: str) -> None:
        """The payer on our page, who may change their mind."""
        for _ in range(self._dice.whole(0, 3)):
            await asyncio.sleep(self._dice.between(0.1, 20))
            choice = ChooseOffer(payment_id=self._dice.pick(self._accounts))
            work = partial(cashier.choose, token=token, choice=choice)
            await self._ask("chooses", f"{token[:27]} {choice.payment_id}", work)

    async def _refund(self, request: CreateRefund) -> None:
        await asyncio.sleep(self._dice.pick((0.0, self._dice.between(0, 60), 4000.0)))
        if self._dice.happens(self._habits.repeats):
            self._begin(self._send_refund(request))
        await self._send_refund(request)

    async def _send_refund(self, request: CreateRefund) -> None:
        what = f"{request.merchant_refund_no} {request.amount}"
        opened = await self._ask("refunds", what, lambda deps: refunds.create(deps, APP, request))
        if opened is not None:
            self.acknowledged.add(opened.refund.refund_no)

    async def _split(self, request: CreateSplit) -> None:
        await asyncio.sleep(self._dice.pick((0.0, self._dice.between(0, 60))))
        what = f"{request.merchant_split_no} {[each.amount for each in request.receivers]}"
        opened = await self._ask("splits", what, lambda deps: splits.create(deps, APP, request))
        if opened is not None:
            self.acknowledged.add(opened.split.split_no)

    async def _ask(self, verb: str, what: str, work: Work[T]) -> T | None:
        """Until it is done; None for a no, and when it has had enough. Where nothing goes wrong
        there is an answer."""
        is_owed_an_answer = self._world.is_calm
        for _ in range(TRIES):
            self._world.story.tell("app", verb, what)
            pause_s = self._dice.between(*AGAIN_S)
            try:
                return await self._called(work)
            except Problem as problem:
                self._world.story.tell("app", "hears", problem.code, what)
                if problem.status == 500 and not is_excused(problem):
                    self._world.note_error("gateway", problem)
                if problem.code not in ASK_AGAIN:
                    return None
                is_owed_an_answer &= problem.status >= 500
                pause_s += problem.retry_after_s or 0
            except Injected as error:
                self._world.story.tell("app", "has no answer", what, error)
            await asyncio.sleep(pause_s)
        if is_owed_an_answer:
            self._world.surprises.append(f"the app {verb} {what} and is never answered")
        return None

    async def _called(self, work: Work[T]) -> T:
        if self.centre.gateway is None:
            raise network.CallLost("no gateway yet")
        process, deps = self.centre.gateway
        return await network.call(self._world, process, lambda: work(deps), LIMIT_S)

    def _request(self, number: str) -> CreatePayment:
        dice, habits = self._dice, self._habits
        is_cashier = dice.happens(habits.cashier)
        is_barcode = dice.happens(habits.barcode) and not is_cashier
        method = Method.BARCODE if is_barcode else Method.NATIVE
        return CreatePayment(
            merchant_id=MERCHANT.merchant_id,
            payment_id=None if is_cashier else dice.pick(self._accounts),
            merchant_order_no=number,
            amount=dice.pick((100, 1299)),
            subject="物业费 11月",
            method=Method.CASHIER if is_cashier else method,
            payer=Payer(auth_code="134567890123456789") if is_barcode else None,
            expires_in_s=dice.pick(habits.expires_in_s),
        )

    def _refund_request(self, paid: PaymentView, turn: int) -> CreateRefund:
        return CreateRefund(
            merchant_id=paid.merchant_id,
            payment_id=paid.payment_id or "",
            payment_no=paid.payment_no,
            merchant_refund_no=f"{paid.payment_no}-{turn}",
            amount=self._dice.pick((1, paid.amount // 2, paid.amount, paid.amount)),
        )

    def _split_request(self, paid: PaymentView, turn: int) -> CreateSplit:
        return CreateSplit(
            merchant_id=paid.merchant_id,
            payment_no=paid.payment_no,
            merchant_split_no=f"{paid.payment_no}-{turn}",
            receivers=[
                SplitReceiver(
                    account=f"receiver-{place}",
                    amount=self._dice.pick((1, paid.amount // 3, paid.amount // 2)),
                    description="维修基金",
                )
                for place in range(self._dice.whole(1, 2))
            ],
            finish=self._dice.happens(0.3),
        )

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._world.begin(self._counted(work))

    async def _counted(self, work: Coroutine[Any, Any, None]) -> None:
        self.busy += 1
        await work
        self.busy -= 1


class Payers:
    """Those who hold the phones, and the third parties' staff. `busy`: what they still will do."""

    def __init__(self, world: World, habits: Habits) -> None:
        self.busy = 0
        self.parties: dict[str, ThirdParty] = {}
        self._world = world
        self._habits = habits
        self._dice = Chance(world.seed, "payers")

    def see(self, trade: Trade) -> None:
        """A QR code is shown."""
        if self._dice.happens(self._habits.pays):
            self._world.begin(self._pay(trade))

    def must_decide(self, trade: Trade, refund: Return) -> None:
        """A refund is slow, or its money did not find the payer."""
        self._world.begin(self._decide(trade, refund))

    async def _pay(self, trade: Trade) -> None:
        self.busy += 1
        dice, habits = self._dice, self._habits
        left_s = (trade.expires_at - self._world.now()).total_seconds()
        soon_s = dice.between(0.01, min(60.0, max(0.1, left_s)))
        await asyncio.sleep(left_s * 0.98 if dice.happens(habits.late) else soon_s)
        amount = trade.asked + (1 if dice.happens(habits.wrong_amount) else 0)
        is_silent = dice.happens(habits.silent)
        self.parties[trade.account].pays(trade, amount=amount, is_silent=is_silent)
        self.busy -= 1

    async def _decide(self, trade: Trade, refund: Return) -> None:
        self.busy += 1
        party = self.parties[trade.account]
        await asyncio.sleep(self._dice.pick((2.0, 100.0, 9000.0)))
        if refund.state is ReturnState.PROCESSING:
            party.decides(trade, refund, party.decision())
        elif self._dice.happens(0.5):
            party.decides(trade, refund, ReturnState.RETURNED)
        self.busy -= 1
