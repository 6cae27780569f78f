"""The composition root: settings become connections, connections become the service."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from aiohttp import ClientSession, DummyCookieJar
from fastapi import FastAPI
from pydantic import SecretStr

from chassis import logs, replica, settings, tracing
from chassis.background import Background
from chassis.consumer import UNHURRIED_WAIT_MS, Consumer
from chassis.database import AWAY, Database
from chassis.fitness import Fitness, clock_of
from chassis.outbox import DAYS_EVERY_S, Days, Relay
from chassis.producer import Producer
from chassis.replica import Reader
from chassis.schema import until_current
from chassis.web import create_app, serve
from contracts import record_proof, topics
from contracts.events.alerts import AlertRecord
from contracts.events.configuration import AlertRoute
from contracts.sealing import NOTHING_OPENS, Opener
from foundation.configuration_replica import ConfigurationReplica
from foundation.configuration_snapshot import Snapshot
from foundation.record_proof import RecordProof
from notifier import api
from notifier.consumers import Alerts, CallbackTooLarge, Configuration, OrderEvents
from notifier.domain.apps import AppBook
from notifier.domain.deliveries import NewDelivery
from notifier.domain.messages import Messenger
from notifier.domain.routes import RouteBook
from notifier.domain.schedule import Schedule
from notifier.flows import dead_letters
from notifier.flows.deps import Deps
from notifier.flows.own_alerts import OwnAlerts
from notifier.jobs import keeping
from notifier.jobs.certificates import CHECK_EVERY_S, CertificateWatch
from notifier.jobs.dispatch import Dispatch
from notifier.jobs.keeping import Keeping
from notifier.jobs.measuring import Measuring
from notifier.jobs.messaging import Messaging
from notifier.jobs.neighbours import Neighbours
from notifier.jobs.rescue import Rescue
from notifier.jobs.watch import watch
from notifier.messengers.dingtalk import DingTalk
from notifier.messengers.feishu import Feishu
from notifier.messengers.mail import Mail
from notifier.messengers.webhook import Webhook
from notifier.messengers.wecom import WeCom
from notifier.sending.guard import Guard
from notifier.sending.resolver import Resolver, ResolvingConnector
from notifier.sending.sender import Limits, Sender
from notifier.settings import NotifierSettings
from notifier.store.presence import Presence

NAME: Final = "notifier"
GRACE_S: Final = 13.0  # A try that has just begun takes 10 s, then its result is stored.
RELAY_REST_S: Final = 0.1  # Nobody waits to hear what became of a callback.


def main() -> None:
    config = settings.load(NotifierSettings)
    logs.configure(NAME, config.log_level)
    tracing.begin(NAME, config.otlp_endpoint, config.trace_share)
    schema = partial(until_current, "notifier", config.database_url.get_secret_value())
    serve(build(config), config, first=schema)


def build(config: NotifierSettings, *, group: str = NAME) -> FastAPI:
    """The application; what it needs is opened when it starts, and closed when it ends."""
    running = _Running(config, group)
    app = create_app(
        service=NAME,
        lifespan=running.lifespan,
        ready=running.ready,
        alive=running.alive,
        away=AWAY,
        accepted=config.tokens(),
        gate=running.fitness.gate,
    )
    app.include_router(api.router())
    return app


def messengers(config: NotifierSettings, session: ClientSession) -> list[Messenger]:
    """Those that are set up; the first is the usual one."""
    ways: list[Messenger] = []
    if config.dingtalk_url:
        ways.append(DingTalk(session, config.dingtalk_url, config.dingtalk_secret))
    if config.wecom_url:
        ways.append(WeCom(session, config.wecom_url))
    if config.feishu_url:
        ways.append(Feishu(session, config.feishu_url, config.feishu_secret))
    if config.alert_webhook_url:
        ways.append(Webhook(session, config.alert_webhook_url))
    if config.alert_smtp_url and config.alert_mail_from:
        ways.append(Mail(config.alert_smtp_url, config.alert_mail_from, config.alert_mail_to))
    return ways


def messengers_of(route: AlertRoute, session: ClientSession) -> list[Messenger]:
    """A merchant's own; the first is the usual one."""
    ways: list[Messenger] = []
    if route.dingtalk_url:
        secret = SecretStr(route.dingtalk_secret) if route.dingtalk_secret else None
        ways.append(DingTalk(session, SecretStr(route.dingtalk_url), secret))
    if route.webhook_url:
        ways.append(Webhook(session, SecretStr(route.webhook_url)))
    return ways


def session_for_people(guard: Guard | None = None) -> ClientSession:
    """For messages to people. Without a guard where the address is the operator's word."""
    connector = ResolvingConnector(Resolver(), socket_factory=guard.open_socket if guard else None)
    return ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)


class _Running:
    """The connections and loops of one process."""

    def __init__(self, config: NotifierSettings, group: str) -> None:
        self._config = config
        self._group = group
        self._apps, self._routes = AppBook(), RouteBook()
        self._opener = Opener.of(config.sealing_key.get_secret_value())
        self._configuration = ConfigurationReplica(
            bootstrap=config.broker(),
            proof=RecordProof(
                record_proof.public_keys(config.configuration_public_keys),
                config.unsigned_records_until,
            ),
            apply=Configuration(self._apps, self._routes, self._opener).handle,
            fetch_wait_ms=config.kafka_fetch_wait_ms,
            snapshot=Snapshot.at(config.configuration_snapshot, self._opener),
        )
        self._background = Background(grace_s=GRACE_S, is_up=self._is_up)
        self._db: Database | None = None
        self.fitness = Fitness({"clock": self._check_clock})

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
            producer = Producer(config.broker(), NAME)
            await producer.start()
            opened.push_async_callback(producer.stop)
            presence = await Presence.enter(db)
            opened.push_async_callback(presence.leave)
            guard = Guard(allowed=config.callback_allow_cidrs, ports=config.callback_ports)
            sender = await opened.enter_async_context(Sender(guard, Limits()))
            guarded = await opened.enter_async_context(session_for_people(guard))
            relay = Relay(db, producer, rest_s=RELAY_REST_S)
            deps = app.state.deps = Deps(
                db=db,
                reader=Reader(db, reads),
                replica=presence.replica,
                apps=self._apps,
                schedule=Schedule(spread=lambda: random.uniform(-1, 1)),
                wake_relay=relay.wake,
                opener=self._opener,
                guard=guard,
                quiet_hours=config.quiet_hours(),
                messengers=messengers(
                    config, await opened.enter_async_context(session_for_people())
                ),
                language=config.alert_language,
                routes=self._routes,
                reach=partial(messengers_of, session=guarded),
            )
            await self.fitness.begin()
            await opened.enter_async_context(self._background)
            self._start_loops(deps, relay, Rescue(deps, presence), sender)
            yield

    async def _is_up(self) -> bool:
        return await self._database() is True

    async def _database(self) -> bool | str:
        return self._db is not None and await self._db.ready()

    async def _check_clock(self) -> str | None:
        return await clock_of(self._db).check() if self._db else None

    def _order_events(self, deps: Deps) -> Consumer[NewDelivery | None]:
        flow = OrderEvents(deps)
        return Consumer(
            bootstrap=self._config.broker(),
            group=self._group,
            topics=[topics.ORDER_EVENTS],
            decode=flow.decode,
            apply=flow.apply,
            dead_letter=partial(dead_letters.keep, deps),
            healthy=deps.db.is_up,
            hopeless=(CallbackTooLarge,),
            member_id=self._config.member_id,
            session_timeout_ms=self._config.kafka_session_timeout_ms,
            fetch_wait_ms=self._config.kafka_fetch_wait_ms,
        )

    def _alerts(self, deps: Deps) -> Consumer[AlertRecord]:
        """A group of its own: callbacks must not wait for what people are told."""
        flow = Alerts(deps)
        return Consumer(
            bootstrap=self._config.broker(),
            group=f"{self._group}-alerts",
            topics=[topics.ALERTS],
            decode=flow.decode,
            apply=flow.apply,
            dead_letter=partial(dead_letters.keep, deps),
            healthy=deps.db.is_up,
            member_id=self._config.member_id,
            session_timeout_ms=self._config.kafka_session_timeout_ms,
            fetch_wait_ms=self._config.kafka_fetch_wait_ms,
            idle_wait_ms=UNHURRIED_WAIT_MS,
        )

    def _start_loops(self, deps: Deps, relay: Relay, rescue: Rescue, sender: Sender) -> None:
        events, alerts = self._order_events(deps), self._alerts(deps)
        dispatch = Dispatch(deps, sender, is_ready=self._configuration.is_usable)
        days, measuring = Keeping(deps, retention_days=self._config.retention_days), Measuring(deps)
        start, gate = self._background.start, self.fitness.gate
        start("fitness", self.fitness.run, pulse=self.fitness.pulse)
        start("configuration", self._configuration.run, pulse=self._configuration.pulse)
        if self._config.configuration_snapshot is not None:
            start("snapshot", self._configuration.keep, pulse=self._configuration.keeping)
        start("order-events", events.run, pulse=events.pulse, gate=gate)
        start("alerts", alerts.run, pulse=alerts.pulse, gate=gate)
        start("dispatch", dispatch.run, pulse=dispatch.pulse, gate=gate)
        start("rescue", rescue.run, pulse=rescue.pulse)
        start("keeping", days.run, pulse=days.pulse, stall_s=2 * keeping.EVERY_S, gate=gate)
        start("measuring", measuring.run, pulse=measuring.pulse)
        start("outbox", relay.run, pulse=relay.pulse)
        logged = Days(deps.db, timedelta(days=self._config.retention_days))
        start("event-days", logged.run, pulse=logged.pulse, stall_s=2 * DAYS_EVERY_S, gate=gate)
        for name, of_centre in (("messaging", True), ("merchant-messaging", False)):
            people = Messaging(deps, of_centre=of_centre, is_ready=self._configuration.is_usable)
            start(name, people.run, pulse=people.pulse, gate=gate)
        own = OwnAlerts(deps)
        watching = watch(
            own,
            relay,
            self._configuration,
            {NAME: events, f"{NAME}-alerts": alerts},
            fitness=self.fitness,
            days=logged,
        )
        ends = CertificateWatch(deps, is_ready=self._configuration.is_usable)
        start("certificates", ends.run, pulse=ends.pulse, stall_s=5 * CHECK_EVERY_S, gate=gate)
        start("watch", watching.run, pulse=watching.pulse)
        if self._config.watched_services:
            neighbours = Neighbours(own, self._config.watched_services)
            start("neighbours", neighbours.run, pulse=neighbours.pulse, gate=gate)

    async def ready(self) -> Mapping[str, bool | str]:
        return {
            "database": await self._database(),
            "configuration": self._configuration.ready(),
            "secrets": self._opener.fits or NOTHING_OPENS,
            **self.fitness.ready(),
        }

    def alive(self) -> Mapping[str, bool]:
        return self._background.alive()
