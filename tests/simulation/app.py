"""A business system that sells, closes, refunds and splits, and hears callbacks."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Final

from tests.simulation.accounts import APP, MERCHANTS, accounts_of
from tests.simulation.app_calls import Client, Work
from tests.simulation.bus import Bus
from tests.simulation.chance import Chance
from tests.simulation.habits import Habits
from tests.simulation.harness import Harness
from tests.simulation.party_wire import WiredParty
from tests.simulation.payers import Counted, Payers

from contracts.actions import RedirectAction
from contracts.api import (
    CreatePayment,
    CreateRefund,
    CreateSplit,
    Method,
    Payer,
    PaymentView,
    SplitReceiver,
)
from contracts.events.orders import OrderEventRecord, OrderEventType
from contracts.internal import ChooseOffer, ChosenPayment
from gateway.channels.plugin import Request
from gateway.flows import choices, orders, pay, refunds, splits
from gateway.flows.deps import Deps

CODES: Final = ("134567890123456789", "134567890123456700")
"""Of the payer's phone; the third party asks for the password where it ends in 00."""


class App(Counted):
    """A business system and what it was told. `acknowledged` are the numbers it has an answer
    for: those must exist, whatever dies. `too_early`: what it was told before it was durable."""

    def __init__(
        self,
        harness: Harness,
        habits: Habits,
        payers: Payers,
        wired_parties: Mapping[str, WiredParty],
        bus: Bus,
    ) -> None:
        super().__init__(harness, "app")
        self.acknowledged: set[str] = set()
        self.too_early: list[str] = []
        self._foresight = Chance(harness.seed, "splits asked for with the payment")
        self.client = Client(harness, self.dice, hangs_up=habits.hangs_up)
        self._habits = habits
        self._payers = payers
        self._parties = wired_parties
        self._bus = bus
        self._received: set[str] = set()

    def open(self) -> None:
        for turn in range(self._habits.orders):
            merchant_id = self.dice.pick(MERCHANTS[:1] * 2 + MERCHANTS).merchant_id
            self.begin(self._sell(merchant_id, f"W{turn + 1}"))

    def receives(self, event: OrderEventRecord) -> None:
        """A callback; it may come again."""
        if event.id in self._received:
            return
        self._received.add(event.id)
        paid = event.data.payment
        if event.type == OrderEventType.PAYMENT_SUCCEEDED and paid is not None:
            for turn in range(3):
                if self.dice.happens(self._habits.refunds):
                    self.begin(self._refund(self._refund_request(paid, turn)))
            for turn in range(2):
                if self.dice.happens(self._habits.splits):
                    self.begin(self._split(self._split_request(paid, turn)))

    async def _sell(self, merchant_id: str, number: str) -> None:
        dice, ask = self.dice, self.client.ask
        await asyncio.sleep(dice.between(0, 30))
        currency = dice.pick(self._habits.currencies)
        request = self._request(merchant_id, number, currency)
        if request.method is Method.H5 and dice.happens(self._habits.forgets):
            await self._pay(request)
            return
        if dice.happens(self._habits.impatient):
            self.begin(self._give_up(merchant_id, number))
        await self._pay(request)
        while dice.happens(self._habits.switches):
            await asyncio.sleep(dice.between(1, 40))
            await self._pay(self._request(merchant_id, number, currency))
        if dice.happens(self._habits.closes):
            await asyncio.sleep(dice.between(0.1, dice.pick((10, 100))))
            await ask("closes", number, lambda deps: orders.close(deps, APP, number, merchant_id))
        await ask("reads", number, lambda deps: orders.get_order(deps, APP, number, merchant_id))

    async def _give_up(self, merchant_id: str, number: str) -> None:
        """While it is still under way."""
        await asyncio.sleep(self.dice.between(0.02, self.dice.pick((0.5, 5))))
        await self.client.ask(
            "gives up", number, lambda deps: orders.close(deps, APP, number, merchant_id)
        )

    async def _pay(self, request: CreatePayment) -> None:
        if self.dice.happens(self._habits.repeats):
            self.begin(self._create(request))
        await self._create(request)

    async def _create(self, request: CreatePayment) -> None:
        what = (
            f"{request.merchant_order_no} {request.amount} {request.currency} {request.method}"
            f" {request.payment_id}"
        )
        created = await self.client.ask("pays", what, partial(self._created, request))
        if created is None:
            return
        payment = created.payment
        self.acknowledged.add(payment.payment_no)
        if request.method is Method.CASHIER:
            url = getattr(payment.action, "url", "")
            self.begin(self._choose(request.merchant_id, url.rpartition("/")[2]))
        elif isinstance(payment.action, RedirectAction) and not created.is_repeat:
            account = payment.payment_id or ""
            link = Request("GET", payment.action.url, {}, b"")
            self._payers.follow(account, self._parties[account].wire.read(link)[1])

    async def _created(self, request: CreatePayment, deps: Deps) -> pay.Created:
        """durable-before-acknowledged: what a channel said of it is kept by now."""
        created = await pay.create(deps, APP, request)
        number = created.payment.payment_no
        is_initiated = request.method is not Method.CASHIER and not created.is_repeat
        if is_initiated and not self._bus.count_durable(number):
            self.too_early.append(f"{number} was answered before its result was durable")
        return created

    async def _choose(self, merchant_id: str, token: str) -> None:
        """The payer on our page, who may change their mind, even at once."""
        for _ in range(self.dice.whole(0, 4)):
            await asyncio.sleep(self.dice.between(0.1, self.dice.pick((2, 20))))
            choice = ChooseOffer(payment_id=self.dice.pick(accounts_of(merchant_id)))
            work = partial(choices.choose, token=token, choice=choice)
            what = f"{token[:27]} {choice.payment_id}"
            if self.dice.happens(0.3):
                self.begin(self._chosen(what, work))
            else:
                await self._chosen(what, work)

    async def _chosen(self, what: str, work: Work[ChosenPayment]) -> None:
        await self.client.ask("chooses", what, work)

    async def _refund(self, request: CreateRefund) -> None:
        await asyncio.sleep(self.dice.pick((0.0, self.dice.between(0, 60), 4000.0)))
        if self.dice.happens(self._habits.repeats):
            self.begin(self._send_refund(request))
        await self._send_refund(request)

    async def _send_refund(self, request: CreateRefund) -> None:
        what = f"{request.merchant_refund_no} {request.amount}"
        opened = await self.client.ask(
            "refunds", what, lambda deps: refunds.create(deps, APP, request)
        )
        if opened is not None:
            self.acknowledged.add(opened.refund.refund_no)

    async def _split(self, request: CreateSplit) -> None:
        await asyncio.sleep(self.dice.pick((0.0, self.dice.between(0, 60))))
        what = f"{request.merchant_split_no} {[each.amount for each in request.receivers]}"
        opened = await self.client.ask(
            "splits", what, lambda deps: splits.create(deps, APP, request)
        )
        if opened is not None:
            self.acknowledged.add(opened.split.split_no)

    def _request(self, merchant_id: str, number: str, currency: str) -> CreatePayment:
        dice, habits = self.dice, self._habits
        method = self._method()
        is_barcode = method is Method.BARCODE
        code = CODES[1] if dice.happens(habits.asks_password) else CODES[0]
        amount = dice.pick((100, 1299))
        return CreatePayment(
            merchant_id=merchant_id,
            payment_id=None if method is Method.CASHIER else dice.pick(accounts_of(merchant_id)),
            merchant_order_no=number,
            amount=amount,
            currency=currency,
            subject="物业费 11月",
            method=method,
            payer=Payer(auth_code=code) if is_barcode else None,
            expires_in_s=dice.pick(habits.expires_in_s),
            split=self._receivers(self._foresight, amount) if self._splits_at_once() else [],
        )

    def _splits_at_once(self) -> bool:
        return self._foresight.happens(self._habits.splits / 2)

    def _receivers(self, dice: Chance, amount: int) -> list[SplitReceiver]:
        return [
            SplitReceiver(
                account=f"receiver-{place}",
                amount=dice.pick((1, amount // 3, amount // 2)),
                description="维修基金",
            )
            for place in range(dice.whole(1, 2))
        ]

    def _method(self) -> Method:
        for method, chance in (
            (Method.BARCODE, self._habits.barcode),
            (Method.CASHIER, self._habits.cashier),
            (Method.H5, self._habits.links),
        ):
            if self.dice.happens(chance):
                return method
        return Method.NATIVE

    def _refund_request(self, paid: PaymentView, turn: int) -> CreateRefund:
        return CreateRefund(
            merchant_id=paid.merchant_id,
            payment_id=paid.payment_id or "",
            payment_no=paid.payment_no,
            merchant_refund_no=f"{paid.payment_no}-{turn}",
            amount=self.dice.pick((1, paid.amount // 2, paid.amount, paid.amount)),
        )

    def _split_request(self, paid: PaymentView, turn: int) -> CreateSplit:
        return CreateSplit(
            merchant_id=paid.merchant_id,
            payment_no=paid.payment_no,
            merchant_split_no=f"{paid.payment_no}-{turn}",
            receivers=self._receivers(self.dice, paid.amount),
            finish=self.dice.happens(0.3),
        )
