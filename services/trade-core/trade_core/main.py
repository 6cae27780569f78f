"""The composition root: settings become connections, connections become the service."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from fastapi import FastAPI

from chassis import logs, replica, settings, tracing
from chassis.background import Background, pause
from chassis.consumer import Consumer, Record
from chassis.database import AWAY, Database
from chassis.fitness import Fitness, clock_of
from chassis.outbox import DAYS_EVERY_S, Days, Relay
from chassis.producer import Producer
from chassis.schema import until_current
from chassis.web import add_routes, create_app, serve
from contracts import record_proof, topics
from contracts.events.orders import SOURCE
from foundation.alerting import by_kafka, notifier_of
from foundation.configuration_replica import ConfigurationReplica
from foundation.configuration_snapshot import Snapshot, opener_of
from foundation.outbox_alerts import OutboxAlerts
from foundation.record_proof import RecordProof, Unproven, stamped
from foundation.self_watch import self_watch
from foundation.service_client import Service
from trade_core import api
from trade_core.consumers import RESULT_TOPICS, AppPolicies, ChannelAccounts, Results
from trade_core.domain.plausible import Implausible
from trade_core.flows.apply_results import AnyReceived
from trade_core.flows.deps import Deps
from trade_core.jobs import (
    ARCHIVE_EVERY_S,
    LEDGER_EVERY_S,
    NAME,
    RECONCILE_STALL_S,
    ArchiveLoop,
    BacklogLoop,
    DueLoop,
    LedgerLoop,
    ReconcileLoop,
)
from trade_core.settings import TradeCoreSettings

WAIT_S: Final = 0.1
IDLE_WAIT_MS: Final = 250
"""Who reads a payment at once is made to wait for its initiation, half a second at most."""


def main() -> None:
    config = settings.load(TradeCoreSettings)
    logs.configure(NAME, config.log_level)
    tracing.begin(NAME, config.otlp_endpoint, config.trace_share)
    schema = partial(until_current, "trade_core", config.database_url.get_secret_value())
    serve(build(config), config, first=schema)


def build(
    config: TradeCoreSettings, *, group: str = NAME, now: Callable[[], float] = time.time
) -> FastAPI:
    """The application; what it needs is opened when it starts, and closed when it ends.

    `now`: this machine's clock.
    """
    running = _Running(config, group, now)
    app = create_app(
        service=NAME,
        lifespan=running.lifespan,
        ready=running.ready,
        alive=running.alive,
        away=AWAY,
        accepted=config.tokens(),
        gate=running.fitness.gate,
    )
    add_routes(app, api.router())
    return app


class _Running:
    """The connections and loops of one process."""

    def __init__(self, config: TradeCoreSettings, group: str, now: Callable[[], float]) -> None:
        self._config = config
        self._group = group
        self._now = now
        self.fitness = Fitness({"clock": self._check_clock})
        self._policies = AppPolicies()
        self._accounts = ChannelAccounts()
        self._shared = record_proof.hmac_keys(config.record_keys.get_secret_value())
        until = config.unsigned_records_until
        self._results_proof = RecordProof(self._shared, until)
        self._configuration = ConfigurationReplica(
            bootstrap=config.broker(),
            proof=RecordProof(record_proof.public_keys(config.configuration_public_keys), until),
            apply=self._configure,
            fetch_wait_ms=config.kafka_fetch_wait_ms,
            snapshot=Snapshot.at(
                config.configuration_snapshot, opener_of(config.record_keys.get_secret_value())
            ),
        )
        self._background = Background(is_up=self._is_up)
        self._db: Database | None = None
        self._reading: Consumer[AnyReceived] | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        config = self._config
        async with AsyncExitStack() as opened:
            url = config.database_url.get_secret_value()
            db = self._db = await Database.connect(
                url, application_name=NAME, max_size=config.database_pool
            )
            opened.push_async_callback(db.close)
            reads = await opened.enter_async_context(
                replica.opened(config.read_database_url, NAME, max_size=config.database_pool)
            )
            producer = Producer(
                config.broker(),
                NAME,
                stamp=stamped(self._shared, (topics.CHANNEL_COMMANDS,)),
            )
            await producer.start()
            opened.push_async_callback(producer.stop)
            relay = Relay(db, producer)
            wake_up = asyncio.Event()
            deps = app.state.deps = Deps(
                db=db,
                replica=reads,
                clock=lambda: datetime.fromtimestamp(self._now(), UTC),
                late_payment=self._policies.late_payment,
                refund_splits=self._policies.refund_splits,
                send=producer.send_many,
                check_proof=self._results_proof.check,
                record_key_ids=self._shared.ids,
                wake_relay=relay.wake,
                wake_due=wake_up.set,
            )
            notifier = notifier_of(config)
            if notifier is not None:
                await opened.enter_async_context(notifier)
            await self.fitness.begin()
            await opened.enter_async_context(self._background)
            self._start_loops(deps, relay, DueLoop(deps, wake_up), notifier)
            yield

    async def _is_up(self) -> bool:
        return await self._database() is True

    async def _database(self) -> bool | str:
        return self._db is not None and await self._db.ready()

    async def _check_clock(self) -> str | None:
        return await clock_of(self._db, now=self._now).check() if self._db else None

    def _configure(self, record: Record) -> None:
        self._policies.handle(record)
        self._accounts.handle(record)

    def _start_loops(
        self, deps: Deps, relay: Relay, due: DueLoop, notifier: Service | None
    ) -> None:
        results = self._reading = self._results(deps)

        async def read_results(stop: asyncio.Event) -> None:
            # Not before it is known how each app wants late payments handled.
            while not self._configuration.is_usable():
                results.pulse.beat()
                if await pause(stop, WAIT_S):
                    return
            await results.run(stop)

        start, gate = self._background.start, self.fitness.gate
        start("fitness", self.fitness.run, pulse=self.fitness.pulse)
        start("configuration", self._configuration.run, pulse=self._configuration.pulse)
        if self._config.configuration_snapshot is not None:
            start("snapshot", self._configuration.keep, pulse=self._configuration.keeping)
        start("results", read_results, pulse=results.pulse, gate=gate)
        start("due", due.run, pulse=due.pulse, gate=gate)
        start("outbox", relay.run, pulse=relay.pulse)
        days = Days(deps.db, timedelta(days=self._config.event_retention_days))
        start("event-days", days.run, pulse=days.pulse, stall_s=2 * DAYS_EVERY_S, gate=gate)
        ledger = LedgerLoop(deps)
        start("ledger", ledger.run, pulse=ledger.pulse, stall_s=5 * LEDGER_EVERY_S, gate=gate)
        reconciling = ReconcileLoop(deps, self._accounts)
        start(
            "reconciliation",
            reconciling.run,
            pulse=reconciling.pulse,
            stall_s=RECONCILE_STALL_S,
            gate=gate,
        )
        if (keep_days := self._config.archive_after_days) is not None:
            archive = ArchiveLoop(deps, timedelta(days=keep_days))
            stall_s = 2 * ARCHIVE_EVERY_S
            start("archive", archive.run, pulse=archive.pulse, stall_s=stall_s, gate=gate)
        if notifier is not None:
            alerts = OutboxAlerts(deps.db, relay, notifier)
            start("outbox-alerts", alerts.run, pulse=alerts.pulse)
        behind = BacklogLoop(deps)
        start("backlog", behind.run, pulse=behind.pulse, gate=gate)
        tell = by_kafka(deps.send, SOURCE, notifier)
        watching = self_watch(
            NAME,
            tell,
            consumers={NAME: results},
            relay=relay,
            days=days,
            configuration=self._configuration,
            fitness=self.fitness,
            more=behind.alarms(tell),
        )
        start("watch", watching.run, pulse=watching.pulse)

    def _results(self, deps: Deps) -> Consumer[AnyReceived]:
        flow = Results(deps)
        return Consumer(
            bootstrap=self._config.broker(),
            group=self._group,
            topics=RESULT_TOPICS,
            decode=flow.decode,
            apply=flow.apply,
            dead_letter=flow.dead_letter,
            healthy=deps.db.is_up,
            hopeless=(Unproven, Implausible),
            member_id=self._config.member_id,
            session_timeout_ms=self._config.kafka_session_timeout_ms,
            fetch_wait_ms=self._config.kafka_fetch_wait_ms,
            idle_wait_ms=IDLE_WAIT_MS,
        )

    async def ready(self) -> Mapping[str, bool | str]:
        return {
            "database": await self._database(),
            "configuration": self._configuration.ready(),
            "results": self._reading is not None and not self._reading.blocked,
            **self.fitness.ready(),
        }

    def alive(self) -> Mapping[str, bool]:
        return self._background.alive()
