"""The composition root: settings become connections, connections become the service."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from fastapi import Depends, FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from chassis import logs, replica, settings, tracing
from chassis.background import Background, Pulse
from chassis.database import AWAY, Database
from chassis.fitness import Fitness, clock_of
from chassis.outbox import FORGET_EVERY_S, Relay, Retention
from chassis.producer import Producer
from chassis.schema import until_current
from chassis.web import PublicApp, create_public_app, refuse_nul_in_path, serve
from contracts import record_proof, topics
from contracts.events.configuration import SOURCE
from foundation.alerting import Send, by_kafka
from foundation.outbox_alerts import OutboxAlerts
from foundation.record_proof import stamped
from foundation.self_watch import self_watch
from foundation.service_client import Service
from merchant_admin import jobs
from merchant_admin.api import (
    alerts,
    approvals,
    apps,
    audit,
    books,
    callbacks,
    certificates,
    channel_accounts,
    counter_codes,
    decisions,
    exports,
    keys,
    listing_exports,
    merchants,
    openapi,
    reconciliations,
    reports,
    search,
    second_factor,
    session,
    sessions,
    splits,
    statements,
    tokens,
    users,
)
from merchant_admin.api.console import routes as console
from merchant_admin.api.console import uploads
from merchant_admin.api.console.sheets import SHEETS
from merchant_admin.consumers import GROUP, read_model_consumer
from merchant_admin.domain.passwords import Passwords
from merchant_admin.domain.sessions import HOST_SESSION_COOKIE, SESSION_COOKIE, SessionTerms
from merchant_admin.flows.deps import Deps, SealingKeys
from merchant_admin.flows.republishing import republish_all
from merchant_admin.flows.users import ensure_administrator
from merchant_admin.jobs import NAME
from merchant_admin.settings import AdminSettings

PARTS: Final = (
    session,
    sessions,
    second_factor,
    approvals,
    tokens,
    merchants,
    channel_accounts,
    apps,
    keys,
    search,
    splits,
    listing_exports,
    exports,
    reports,
    statements,
    decisions,
    books,
    reconciliations,
    audit,
    callbacks,
    alerts,
    certificates,
    users,
    counter_codes,
)


def main() -> None:
    config = settings.load(AdminSettings)
    logs.configure(NAME, config.log_level)
    tracing.begin(NAME, config.otlp_endpoint, config.trace_share)
    if config.https and config.console_url is None:
        structlog.get_logger().warning("console_url.missing", variable="PAYMESH_CONSOLE_URL")
    schema = partial(until_current, "merchant_admin", config.database_url.get_secret_value())
    serve(build(config), config, first=schema)


def build(config: AdminSettings, *, group: str = GROUP) -> PublicApp:
    """The application; what it needs is opened when it starts, and closed when it ends."""
    running = _Running(config, group)
    app = create_public_app(
        service=NAME,
        lifespan=running.lifespan,
        ready=running.ready,
        alive=running.alive,
        away=AWAY,
        gate=running.fitness.gate,
        max_body_bytes=uploads.LIMIT_BYTES,
    )
    if config.trusted_proxies:
        trusted = [str(network) for network in config.proxy_networks]
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
    app.include_router(openapi.router)
    for part in PARTS:
        app.include_router(part.router, dependencies=[Depends(refuse_nul_in_path)])
    console.add_to(app)
    return app


class _Running:
    """The connections and loops of one process."""

    def __init__(self, config: AdminSettings, group: str) -> None:
        self._config = config
        self._group = group
        self._db: Database | None = None
        self._is_begun = False
        self._background = Background(is_up=self._is_up)
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
            await self.fitness.begin()
            signing = record_proof.signing_key(config.configuration_key.get_secret_value())
            producer = Producer(
                config.broker(), NAME, stamp=stamped(signing, (topics.MERCHANT_CONFIG,))
            )
            opened.push_async_callback(producer.stop)
            await producer.start()
            relay = Relay(db, producer)
            deps = app.state.deps = _deps(config, db, reads, relay)
            await ensure_administrator(
                deps, config.admin_username, config.admin_password.get_secret_value()
            )
            await republish_all(deps)
            for service in (deps.gateway, deps.trade_core, deps.notifier):
                await opened.enter_async_context(service)
            background = await opened.enter_async_context(self._background)
            self._start(background, deps, relay, producer.send_many)
            self._is_begun = True
            opened.callback(self._end)
            yield

    def _end(self) -> None:
        self._is_begun = False

    def _start(self, background: Background, deps: Deps, relay: Relay, send: Send) -> None:
        config = self._config
        consumer = read_model_consumer(
            deps,
            bootstrap=config.broker(),
            group=self._group,
            member_id=config.member_id,
            session_timeout_ms=config.kafka_session_timeout_ms,
            fetch_wait_ms=config.kafka_fetch_wait_ms,
        )
        deps.projector.lag_s = lambda: consumer.lag_s
        clock, exporting = Pulse(), Pulse()
        gate = self.fitness.gate
        background.start("fitness", self.fitness.run, pulse=self.fitness.pulse)
        background.start("relay", relay.run, pulse=relay.pulse)
        kept = Retention(deps.db, timedelta(days=config.event_retention_days))
        background.start(
            "retention", kept.run, pulse=kept.pulse, stall_s=2 * FORGET_EVERY_S, gate=gate
        )
        background.start("read-model", consumer.run, pulse=consumer.pulse)
        undelivered = OutboxAlerts(deps.db, relay, deps.notifier)
        background.start("outbox-alerts", undelivered.run, pulse=undelivered.pulse)
        watching = self_watch(
            NAME,
            by_kafka(send, SOURCE, deps.notifier),
            consumers={NAME: consumer},
            relay=relay,
            fitness=self.fitness,
        )
        background.start("watch", watching.run, pulse=watching.pulse)
        background.start(
            "clock",
            partial(jobs.keep_time, deps, clock),
            pulse=clock,
            stall_s=5 * jobs.EVERY_S,
            gate=gate,
        )

        background.start(
            "exports",
            partial(jobs.make_exports, deps, exporting),
            pulse=exporting,
            stall_s=5 * jobs.EVERY_S,
            gate=gate,
        )

    async def _is_up(self) -> bool:
        return await self._database() is True

    async def _database(self) -> bool | str:
        return self._db is not None and await self._db.ready()

    async def _check_clock(self) -> str | None:
        return await clock_of(self._db).check() if self._db else None

    async def ready(self) -> Mapping[str, bool | str]:
        database = self._is_begun and await self._database()
        return {"database": database, **self.fitness.ready()}

    def alive(self) -> Mapping[str, bool]:
        return self._background.alive()


def _deps(config: AdminSettings, db: Database, reads: Database | None, relay: Relay) -> Deps:
    service = partial(Service, max_age_s=config.connection_age_s)
    return Deps(
        db=db,
        replica=reads,
        wake=relay.wake,
        clock=partial(datetime.now, UTC),
        gateway=service(config.gateway_url, config.gateway_token),
        trade_core=service(config.trade_core_url, config.trade_core_token),
        notifier=service(config.notifier_url, config.notifier_token),
        sealing=SealingKeys(
            gateway=config.gateway_sealing_public_key,
            notifier=config.notifier_sealing_public_key,
        ),
        session_keys=tuple(key.get_secret_value().encode() for key in config.session_key),
        passwords=Passwords(),
        sheets=SHEETS,
        sessions=SessionTerms(
            lifetime=timedelta(seconds=config.session_lifetime_s),
            idle_limit=timedelta(seconds=config.session_idle_s),
        ),
        session_cookie=HOST_SESSION_COOKIE if config.https else SESSION_COOKIE,
        requires_totp=config.admin_totp == "required",
        refund_reauthentication_from=config.refund_reauthentication_from,
        console_url=config.console_url or f"http://localhost:{config.port}",
    )
