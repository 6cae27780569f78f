"""The payment centre: a gateway, two replicas of trade-core, and the notifier's promise."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from tests.record_keys import SHARED_PROOF, stamp
from tests.simulation.accounts import APP, MERCHANTS
from tests.simulation.bus import Bus, SimulatedProducer
from tests.simulation.core_service import CoreService
from tests.simulation.database import ConnectionLost
from tests.simulation.harness import Harness
from tests.simulation.network import ChannelTransport
from tests.simulation.parts import Parts
from tests.simulation.party_wire import WiredParty
from tests.simulation.postgres import Server
from tests.simulation.process import Process
from tests.simulation.receipts import Receipts
from tests.simulation.replica import POLL_S, Replica

from chassis.background import Unbroken
from chassis.consumer import DeadRecord, Record
from contracts import topics
from contracts.events.alerts import Alert
from contracts.events.configuration import LatePayment, RefundSplits
from contracts.events.orders import OrderEventRecord
from contracts.sealing import Opener, generate
from gateway.consumers import Commands, decode
from gateway.directory import ChannelAccount, Directory
from gateway.flows.deps import Addresses
from gateway.flows.deps import Deps as GatewayDeps
from gateway.outgoing.alerts import Alerts
from gateway.outgoing.results import Results

CORES: Final = ("core-1", "core-2")
RESTART_S: Final = (0.5, 20.0)
MOMENT_S: Final = 0.1
"""After a commit, before we look what it has changed: others follow soon."""

INITIATED_WITHIN_S: Final = 60.0

LONGEST_S: Final = 600.0
"""How seldom it rings at last for what nobody attends to."""


class Centre:
    """What runs, dies and comes up again. `published` are the events as the notifier got them."""

    def __init__(
        self,
        harness: Harness,
        server: Server,
        bus: Bus,
        wired_parties: Mapping[str, WiredParty],
        accounts: Mapping[str, ChannelAccount],
        *,
        late: LatePayment,
        refund_splits: RefundSplits,
        parts: Parts,
        listeners: Sequence[Callable[[OrderEventRecord], None]],
    ) -> None:
        self.published: list[OrderEventRecord] = []
        self.gateway: tuple[Process, GatewayDeps] | None = None
        self.gateways: list[tuple[Process, ChannelTransport]] = []
        """All that there were, with what they asked third parties."""
        self._harness = harness
        self._server = server
        self._bus = bus
        self._parties = wired_parties
        self._accounts = dict(accounts)
        self._late = late
        self._refund_splits = refund_splits
        self._parts = parts
        self._listeners = listeners
        self._cores: dict[str, Replica] = {}
        self._committed = asyncio.Event()
        self._is_published = asyncio.Event()
        server.at_commit = self._committed.set

    def open(self) -> None:
        self._start("gateway", self._run_gateway)
        for name in CORES:
            self._start(name, self._run_core)
        self._start("notifier", self._run_notifier)
        self._harness.begin(self._watch())

    def core(self) -> Replica | None:
        """One of the replicas that are up, as a load balancer picks it."""
        up = self._up()
        return self._harness.dice.pick(up) if up else None

    def register(self, account: ChannelAccount) -> None:
        """Other credentials of an account; the gateway knows them at once, and when it restarts."""
        self._accounts[account.account_id] = account
        if self.gateway is not None:
            self.gateway[1].directory.put(account)

    def is_at_rest(self) -> bool:
        """Whether nothing is on its way inside the centre, and nothing is due ever again."""
        (row,) = self._server.observe(_AT_REST)
        return bool(row["at_rest"]) and self._bus.is_read()

    def abandoned(self) -> Iterator[str]:
        """What a third party was asked to open, by a gateway that then lived long enough to tell
        what came of it, and did not try to."""
        for process, transport in self.gateways:
            for payment_no, at in transport.asked:
                has_lived = process.died_at > at + INITIATED_WITHIN_S
                if has_lived and (process.name, payment_no) not in self._bus.initiated:
                    yield f"the initiation of {payment_no} was given up when its caller hung up"

    def _start(self, name: str, run: Callable[[Process], None]) -> None:
        process = Process(self._harness, name)
        process.at_death.append(lambda: self._harness.begin(self._restart(name, run)))
        run(process)

    async def _restart(self, name: str, run: Callable[[Process], None]) -> None:
        await asyncio.sleep(self._harness.dice.between(*RESTART_S))
        self._harness.story.tell(name, "starts again")
        self._start(name, run)

    # ── the gateway ───────────────────────────────────────────────────────────────────────────

    def _run_gateway(self, process: Process) -> None:
        harness = self._harness
        producer = SimulatedProducer(process, self._bus)
        core = CoreService(harness, self.core, self._bus)
        alerts = _Alerts(producer, core)
        unbroken = Unbroken()
        transport = ChannelTransport(process, self._parties)
        self.gateways.append((process, transport))
        deps = GatewayDeps(
            plugins={each.channel: each.plugin for each in self._accounts.values()},
            channel_urls="own",
            directory=self._directory(),
            is_configured=lambda: True,
            until_configured=partial(asyncio.sleep, 0),
            executor=self._parts.executor(
                transport,
                now=process.now,
                monotonic=harness.loop.time,
                tell=alerts.tell,
            ),
            trade_core=core,
            notifier=core,
            results=Results(producer, core, unbroken, stamp=stamp, now=process.now),
            alerts=alerts,
            unbroken=unbroken,
            addresses=Addresses("https://pay.example", "https://cashier.example"),
            checkout_keys=(b"checkout key",),
            opener=Opener.of(generate().private_key),
            clock=lambda: process.now().timestamp(),
        )
        self.gateway = process, deps
        commands = Commands(deps)
        receipts = Receipts(
            self._bus,
            "gateway",
            decode=partial(decode, SHARED_PROOF),
            apply=process.watched("consumer", commands.start),
            dead_letter=commands.dead_letter,
        )
        consumer = self._parts.consumer(
            bootstrap="",
            group="gateway",
            topics=[topics.CHANNEL_COMMANDS],
            decode=receipts.decode,
            apply=receipts.apply,
            dead_letter=receipts.dead_letter,
            healthy=_always,
        )
        process.start(consumer.run(asyncio.Event()))

    def _directory(self) -> Directory:
        directory = Directory()
        directory.put(APP)
        for merchant in MERCHANTS:
            directory.put(merchant)
        for account in self._accounts.values():
            directory.put(account)
        return directory

    # ── trade-core ────────────────────────────────────────────────────────────────────────────

    def _run_core(self, process: Process) -> None:
        self._cores[process.name] = Replica(
            process,
            self._server,
            self._bus,
            late=self._late,
            refund_splits=self._refund_splits,
            parts=self._parts,
            is_published=self._is_published,
        )
        self._committed.set()

    async def _watch(self) -> None:
        """Ring where work is due or events are pending."""
        rung_for, pause_s = None, POLL_S
        publishing: list[Replica] = []
        while True:
            self._committed.clear()
            (row,) = self._server.observe(_TO_DO)
            publishing = [each for each in publishing if each.process.is_alive]
            if not row["is_pending"]:
                self._is_published.set()
                publishing = []
            elif not publishing:
                self._is_published.clear()
                publishing = self._some_cores()
                for replica in publishing:
                    replica.pending.set()
            wait_s = (
                None if row["at"] is None else (row["at"] - self._harness.now()).total_seconds()
            )
            if wait_s is not None and wait_s <= 0:
                for replica in self._some_cores():
                    replica.due.set()
                pause_s = min(pause_s * 2, LONGEST_S) if row["at"] == rung_for else POLL_S
                rung_for, wait_s = row["at"], pause_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._committed.wait()
            await asyncio.sleep(MOMENT_S)

    def _some_cores(self) -> list[Replica]:
        """Often one is first, now and then all are there at once."""
        up, dice = self._up(), self._harness.dice
        return [each for each in up if dice.happens(0.4)] or ([dice.pick(up)] if up else [])

    def _up(self) -> list[Replica]:
        return [each for each in self._cores.values() if each.process.is_alive]

    # ── the notifier ──────────────────────────────────────────────────────────────────────────

    def _run_notifier(self, process: Process) -> None:
        async def take(events: Sequence[OrderEventRecord]) -> None:
            await process.step()
            is_lost = self._harness.happens("commit_unknown")
            if is_lost and self._harness.dice.happens(0.5):
                raise ConnectionLost("before the notifier's commit")
            for event in events:
                self.published.append(event)
                for listener in self._listeners:
                    listener(event)
            if is_lost:
                raise ConnectionLost("after the notifier's commit")

        consumer = self._parts.consumer(
            bootstrap="",
            group="notifier",
            topics=[topics.ORDER_EVENTS],
            decode=_order_event,
            apply=process.watched("consumer", take),
            dead_letter=_none_is_dead,
            healthy=_never,
        )
        process.start(consumer.run(asyncio.Event()))


class _Alerts(Alerts):
    """The gateway's own alerts are for people; no rule about money depends on them."""

    def tell(self, alert: Alert) -> None:
        pass


async def _always() -> bool:
    return True


async def _never() -> bool:
    """Where nothing is ever poison, it is the database that failed."""
    return False


async def _none_is_dead(records: Sequence[DeadRecord]) -> None:
    raise AssertionError(f"an order event is no poison: {records}")


def _order_event(record: Record) -> OrderEventRecord:
    return OrderEventRecord.model_validate_json(record.value)


_TO_DO = """
select (select min(due_at) from due_work) as at,
       exists (select from event_pending) as is_pending
"""

_AT_REST = """
select not exists (select from event_pending) and not exists (select from due_work) as at_rest
"""
