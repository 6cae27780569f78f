"""Everybody around the centre, acquainted with each other."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.simulation import alipay_wire, customs, habits
from tests.simulation.accounts import ACCOUNTS, ALIPAY
from tests.simulation.alipay_wire import AlipayWire
from tests.simulation.app import App
from tests.simulation.bus import Bus
from tests.simulation.centre import Centre
from tests.simulation.chance import Chance
from tests.simulation.echo import Echo
from tests.simulation.features import Feature
from tests.simulation.harness import Harness
from tests.simulation.operators import Operators
from tests.simulation.parts import Parts
from tests.simulation.party_wire import BankWire, WiredParty
from tests.simulation.payers import Banks, Counted, Payers, Staff, Strangers
from tests.simulation.rotation import Rotation
from tests.simulation.third_party import Hooks, ThirdParty
from tests.simulation.trades import Trade
from tests.simulation.truth import Truth, trades_of
from tests.simulation.webhooks import Postman

from contracts.events.orders import OrderEventRecord
from gateway.channels.alipay import plugin as alipay
from gateway.channels.plugin import Plugin
from gateway.directory import ChannelAccount


class People:
    """`wired_parties` and `accounts` are the two sides of each channel account."""

    def __init__(self, harness: Harness, bus: Bus, parts: Parts) -> None:
        chance = Chance(harness.seed, "customs")
        usual = habits.usual(chance, harness.features)
        harness.story.tell("world", "faults", harness.faults)
        harness.story.tell("world", "features", sorted(harness.features))
        harness.story.tell("world", "habits", usual)
        self.parties: dict[str, ThirdParty] = {}
        self.wired_parties: dict[str, WiredParty] = {}
        self.accounts: dict[str, ChannelAccount] = {}
        self._harness = harness
        self._postman = Postman(harness, self.wired_parties, bus)
        self._payers = Payers(harness, usual, self.parties)
        self._strangers = Strangers(harness, usual, self.parties)
        self._staff = Staff(harness, self.parties)
        self._banks = Banks(harness, self.parties)
        self._operators = Operators(harness)
        self._echo = Echo(harness, bus)
        self._rotations: list[Rotation] = []
        self.app = App(harness, usual, self._payers, self.wired_parties, bus)
        for account in ACCOUNTS:
            self._register(account, customs.usual(chance, harness.features), parts)

    def listeners(self) -> Sequence[Callable[[OrderEventRecord], None]]:
        """Who hears what the centre tells."""
        return self.app.receives, self._operators.receives

    def open(self, centre: Centre) -> None:
        self.app.client.centre = self._postman.centre = self._operators.centre = centre
        centre.open()
        self.app.open()
        self._operators.open()
        self._echo.open()
        for rotation in self._rotations:
            rotation.centre = centre
            rotation.open()

    def accounts_with_statements(self) -> list[ChannelAccount]:
        """Those of which a statement can say something."""
        accounts = self.accounts.values()
        return [
            each
            for each in accounts
            if self.parties[each.account_id].trades and each.plugin is not alipay.PLUGIN
        ]

    def busy(self) -> int:
        """What they still will do."""
        counted: list[Counted] = [self._payers, self._strangers, self._staff, self._operators]
        counted += [self._banks, self._echo, *self._rotations]
        return self.app.busy + self._postman.waiting + sum(each.busy for each in counted)

    def too_early(self) -> Iterator[str]:
        yield from self.app.too_early
        yield from self._postman.too_early

    def truth(self) -> Truth:
        return Truth(
            features=self._harness.features,
            trades=trades_of(self.parties),
            declined=frozenset(no for party in self.parties.values() for no in party.declined),
            notified=frozenset(self._postman.notified),
            decided=self._operators.decided,
            refunds_decided=self._operators.refunds,
            mute_about_splits=frozenset({ALIPAY} if self._harness.has(Feature.ALIPAY) else ()),
            slips={
                (account, subject): slip
                for account, party in self.parties.items()
                for subject, slip in party.slips.items()
            },
        )

    def _register(self, account: str, usual: customs.Customs, parts: Parts) -> None:
        is_alipay = account == ALIPAY and self._harness.has(Feature.ALIPAY)
        if is_alipay:
            usual = customs.of_alipay(usual)
        elif self._harness.has(Feature.STATEMENTS):
            usual = customs.with_statements(usual, Chance(self._harness.seed, f"rows {account}"))
        if not is_alipay and self._harness.has(Feature.DISPUTES):
            usual = customs.with_disputes(usual, Chance(self._harness.seed, f"banks {account}"))
        self._harness.story.tell("world", account, usual)
        bank = parts.plugin(can_close=usual.can_close)
        plugin: Plugin[Any] = alipay.PLUGIN if is_alipay else bank
        first = alipay_wire.keys().alipay if is_alipay else None
        opened = account if first is None else alipay_wire.opened(account, first)
        merchant_id = ACCOUNTS[account]
        registered = ChannelAccount(account, merchant_id, True, plugin, opened)
        self.accounts[account] = registered
        hooks = Hooks(
            on_trade=self._see,
            on_closing=self._payers.outrun,
            on_paid=self._see_paid,
            on_return=self._staff.must_decide,
            on_back=self._staff.see_back,
            on_notification=self._postman.take,
        )
        party = self.parties[account] = ThirdParty(self._harness, account, usual, hooks)
        wire = AlipayWire() if is_alipay else BankWire(account)
        self.wired_parties[account] = WiredParty(party, wire)
        if isinstance(wire, AlipayWire) and self._harness.has(Feature.ROTATION):
            self._rotations.append(Rotation(self._harness, registered, wire))

    def _see_paid(self, trade: Trade) -> None:
        self._staff.see_paid(trade)
        self._banks.see_paid(trade)

    def _see(self, trade: Trade) -> None:
        self._payers.see(trade)
        self._strangers.see(trade)
        self._postman.see(trade)
