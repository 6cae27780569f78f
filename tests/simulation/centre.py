"""The payment centre: a gateway, two replicas of trade-core, and the notifier's promise."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tests.simulation.bus import Bus, SimulatedProducer
from tests.simulation.core_service import CoreService
from tests.simulation.database import ConnectionLost
from tests.simulation.network import ChannelTransport
from tests.simulation.parts import Parts
from tests.simulation.postgres import Server
from tests.simulation.process import Process
from tests.simulation.third_party import ThirdParty
from tests.simulation.world import World

from chassis.consumer import Record
from chassis.outbox import Relay
from contracts import topics
from contracts.events.alerts import Alert
from contracts.events.commands import ChannelCommandRecord
from contracts.events.configuration import LatePayment, RefundSplits
from contracts.events.orders import OrderEventRecord
from gateway.alerts import Alerts
from gateway.channels.plugin import Plugin
from gateway.consumers import Commands
from gateway.deps import Addresses
from gateway.deps import Deps as GatewayDeps
from gateway.directory import App, ChannelAccount, Directory, Merchant
from gateway.results import Results
from gateway.unbroken import Unbroken
from trade_core.consumers import RESULT_TOPICS
from trade_core.flows.attend_due import BATCH
from trade_core.flows.deps import Deps as CoreDeps

APP: Final = App("A1", True, frozenset({"M1"}), 15, ())
MERCHANT: Final = Merchant("M1", True, "幸福物业")
CORES: Final = ("core-1", "core-2")
RESTART_S: Final = (0.5, 20.0)
MOMENT_S: Final = 0.03
"""After a commit, before we look what it has changed: others follow soon."""

POLL_S: Final = 0.5
LONGEST_S: Final = 600.0
"""How seldom it rings at last for what nobody attends to."""


class Centre:
    """What runs, dies and comes up again. `told` are the events as the notifier got them."""

    def __init__(
        self,
        world: World,
        server: Server,
        bus: Bus,
        parties: Mapping[str, ThirdParty],
        plugins: Mapping[str, Plugin[str]],
        *,
        late: LatePayment,
        refund_splits: RefundSplits,
        parts: Parts,
        on_told: Callable[[OrderEventRecord], None],
    ) -> None:
        self.told: list[OrderEventRecord] = []
        self.gateway: tuple[Process, GatewayDeps] | None = None
        self._world = world
        self._server = server
        self._bus = bus
        self._parties = parties
        self._plugins = plugins
        self._late = late
        self._refund_splits = refund_splits
        self._parts = parts
        self._on_told = on_told
        self._cores: dict[str, tuple[Process, CoreDeps]] = {}
        self._bells: dict[str, asyncio.Event] = {}
        self._committed = asyncio.Event()
        self._is_pending, self._is_published = asyncio.Event(), asyncio.Event()
        server.at_commit = self._committed.set

    def open(self) -> None:
        self._start("gateway", self._run_gateway)
        for name in CORES:
            self._start(name, self._run_core)
        self._start("notifier", self._run_notifier)
        self._world.begin(self._watch())

    def core(self) -> tuple[Process, CoreDeps] | None:
        """One of the replicas that are up, as a load balancer picks it."""
        up = [self._cores[name] for name in CORES if self._cores[name][0].is_alive]
        return self._world.dice.pick(up) if up else None

    def is_at_rest(self) -> bool:
        """Whether nothing is on its way inside the centre, and nothing is due ever again."""
        (row,) = self._server.observe(_AT_REST)
        return bool(row["at_rest"]) and self._bus.is_read()

    def _start(self, name: str, run: Callable[[Process], None]) -> None:
        process = Process(self._world, name)
        process.at_death.append(lambda: self._world.begin(self._restart(name, run)))
        run(process)

    async def _restart(self, name: str, run: Callable[[Process], None]) -> None:
        await asyncio.sleep(self._world.dice.between(*RESTART_S))
        self._world.story.tell(name, "starts again")
        self._start(name, run)

    # ── the gateway ───────────────────────────────────────────────────────────────────────────

    def _run_gateway(self, process: Process) -> None:
        world = self._world
        producer = SimulatedProducer(process, self._bus)
        alerts = _Alerts(producer)
        core = CoreService(world, self.core)
        deps = GatewayDeps(
            plugins={plugin.name: plugin for plugin in self._plugins.values()},
            channel_urls="own",
            directory=self._directory(),
            is_configured=lambda: True,
            executor=self._parts.executor(
                ChannelTransport(process, self._parties),
                now=world.now,
                monotonic=world.loop.time,
                tell=alerts.tell,
            ),
            trade_core=core,
            notifier=core,
            results=Results(producer, now=world.now),
            alerts=alerts,
            unbroken=Unbroken(),
            addresses=Addresses("https://pay.example", "https://cashier.example"),
            checkout_key=b"checkout key",
            clock=lambda: world.now().timestamp(),
        )
        self.gateway = process, deps
        member = self._parts.member(
            process,
            self._bus,
            group="gateway",
            topics=[topics.CHANNEL_COMMANDS],
            decode=_command,
            apply=Commands(deps).start,
        )
        process.start(member.run())

    def _directory(self) -> Directory:
        directory = Directory()
        directory.put(APP)
        directory.put(MERCHANT)
        for payment_id, plugin in self._plugins.items():
            account = ChannelAccount(payment_id, MERCHANT.merchant_id, True, plugin, payment_id)
            directory.put(account)
        return directory

    # ── trade-core ────────────────────────────────────────────────────────────────────────────

    def _run_core(self, process: Process) -> None:
        db = self._parts.database(process, self._server)
        producer = SimulatedProducer(process, self._bus)
        relay = self._parts.relay(db, producer)
        due_bell = asyncio.Event()
        deps = CoreDeps(
            db=db,
            clock=self._world.now,
            late_payment=lambda _: self._late,
            refund_splits=lambda _: self._refund_splits,
            send=producer.send_many,
            wake_relay=relay.wake,
            wake_due=due_bell.set,
        )
        self._cores[process.name] = process, deps
        self._bells[process.name] = due_bell
        results = self._parts.results(deps)
        member = self._parts.member(
            process,
            self._bus,
            group="trade-core",
            topics=RESULT_TOPICS,
            decode=results.decode,
            apply=results.apply,
        )
        process.start(member.run())
        process.start(self._attend(process, deps, due_bell))
        process.start(self._relay(process, relay))

    async def _attend(self, process: Process, deps: CoreDeps, bell: asyncio.Event) -> None:
        """`jobs.DueLoop`, but that it looks when something is due and not twice a second."""
        while True:
            await bell.wait()
            bell.clear()
            work = self._parts.attend_due(deps)
            (attended,) = await asyncio.gather(work, return_exceptions=True)
            if isinstance(attended, BaseException):
                self._world.note_error(f"{process.name} due loop", attended)
                await asyncio.sleep(POLL_S)
            elif attended == BATCH:
                bell.set()

    async def _relay(self, process: Process, relay: Relay) -> None:
        """The real relay, whenever there is something to publish."""
        while True:
            await self._is_pending.wait()
            stop = asyncio.Event()
            running = process.start(relay.run(stop))
            await self._is_published.wait()
            stop.set()
            (failure,) = await asyncio.gather(running, return_exceptions=True)
            if failure is not None:
                self._world.note_error(f"{process.name} relay", failure)

    async def _watch(self) -> None:
        """Ring where work is due, at all replicas at once, and say whether events are pending:
        in life everybody looks several times a second."""
        rung_for, pause_s = None, POLL_S
        while True:
            self._committed.clear()
            (row,) = self._server.observe(_TO_DO)
            for event, is_so in ((self._is_pending, True), (self._is_published, False)):
                event.set() if row["is_pending"] is is_so else event.clear()
            wait_s = None if row["at"] is None else (row["at"] - self._world.now()).total_seconds()
            if wait_s is not None and wait_s <= 0:
                for bell in self._bells.values():
                    bell.set()
                pause_s = min(pause_s * 2, LONGEST_S) if row["at"] == rung_for else POLL_S
                rung_for, wait_s = row["at"], pause_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._committed.wait()
            await asyncio.sleep(MOMENT_S)

    # ── the notifier ──────────────────────────────────────────────────────────────────────────

    def _run_notifier(self, process: Process) -> None:
        async def take(events: Sequence[OrderEventRecord]) -> None:
            await process.step()
            is_lost = self._world.happens("commit_unknown")
            if is_lost and self._world.dice.happens(0.5):
                raise ConnectionLost("before the notifier's commit")
            for event in events:
                self.told.append(event)
                self._on_told(event)
            if is_lost:
                raise ConnectionLost("after the notifier's commit")

        member = self._parts.member(
            process,
            self._bus,
            group="notifier",
            topics=[topics.ORDER_EVENTS],
            decode=_order_event,
            apply=take,
        )
        process.start(member.run())


class _Alerts(Alerts):
    """The gateway's own alerts are for people; no rule about money depends on them."""

    def tell(self, alert: Alert) -> None:
        pass


def _command(record: Record) -> ChannelCommandRecord:
    return ChannelCommandRecord.model_validate_json(record.value)


def _order_event(record: Record) -> OrderEventRecord:
    return OrderEventRecord.model_validate_json(record.value)


_TO_DO = """
select (select min(due_at) from due_work) as at,
       exists (select from event_pending) as is_pending
"""

_AT_REST = """
select not exists (select from event_pending) and not exists (select from due_work) as at_rest
"""
