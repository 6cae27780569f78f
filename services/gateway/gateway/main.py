"""The gateway, put together: what is made once, what runs beside the requests, what is served."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastapi import FastAPI

from chassis import logs, tracing
from chassis.background import Background, Unbroken
from chassis.fitness import Fitness
from chassis.producer import Producer
from chassis.settings import load
from chassis.web import (
    FairGate,
    PublicApp,
    add_routes,
    create_public_app,
    serve,
)
from contracts import record_proof
from contracts.internal import FindSerials, SerialList
from contracts.record_proof import HmacKeys
from contracts.sealing import NOTHING_OPENS, Opener
from contracts.topics import PAYMENT_RESULTS, REFUND_RESULTS
from foundation.configuration_replica import ConfigurationReplica
from foundation.configuration_snapshot import Snapshot
from foundation.record_proof import RecordProof, stamped
from foundation.service_client import Service
from gateway.admission.authentication import Authentication, NonceMemory, RateLimit
from gateway.api import (
    capabilities,
    events,
    internal,
    lists,
    openapi,
    payment_links,
    payments,
    refunds,
    signature_explanations,
    splits,
    statements,
    webhooks,
)
from gateway.api.signed_calls import Admission
from gateway.calling.executor import Executor
from gateway.calling.serials import Serials
from gateway.calling.transport import HttpTransport
from gateway.channels.registry import PLUGINS
from gateway.consumers import command_consumer
from gateway.directory import Directory
from gateway.directory.configuration import Configuration
from gateway.flows.deps import Addresses, Deps
from gateway.jobs import CertificateWatch, KeyWatch, watch
from gateway.outgoing.alerts import Alerts
from gateway.outgoing.peer import PeerChecks
from gateway.outgoing.results import Results
from gateway.settings import GatewaySettings

SERVICE: Final = "gateway"

PUBLISH_LIMIT_S: Final = 5.0
"""An app waits for it after the channel has answered; then the answer is `unknown`."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is made once, before anything is connected."""

    deps: Deps
    producer: Producer
    transport: HttpTransport
    configuration: ConfigurationReplica
    commands_proof: RecordProof
    shared: HmacKeys


def assemble(settings: GatewaySettings) -> Parts:
    shared = record_proof.hmac_keys(settings.record_keys.get_secret_value())
    producer = Producer(settings.broker(), SERVICE, limit_s=PUBLISH_LIMIT_S)
    transport = HttpTransport(private_ca=settings.channel_ca_file)
    service = partial(Service, max_age_s=settings.connection_age_s)
    trade_core = service(settings.trade_core_url, settings.trade_core_token)
    notifier = service(settings.notifier_url, settings.notifier_token)
    alerts = Alerts(producer, notifier)
    directory, opener = Directory(), Opener.of(settings.sealing_key.get_secret_value())
    configuration = Configuration(
        directory,
        plugins=PLUGINS,
        opener=opener,
        channel_urls=settings.channel_urls,
        tell=alerts.tell,
    )
    until = settings.unsigned_records_until
    replica = ConfigurationReplica(
        bootstrap=settings.broker(),
        proof=RecordProof(record_proof.public_keys(settings.configuration_public_keys), until),
        apply=configuration.apply,
        fetch_wait_ms=settings.kafka_fetch_wait_ms,
        snapshot=Snapshot.at(settings.configuration_snapshot, opener),
    )
    unbroken = Unbroken()

    async def ask_for_serials(request: FindSerials) -> SerialList:
        return await trade_core.post(SerialList, "/internal/serials", body=request)

    deps = Deps(
        plugins=PLUGINS,
        channel_urls=settings.channel_urls,
        directory=directory,
        is_configured=replica.is_usable,
        until_configured=replica.until_usable,
        executor=Executor(
            transport,
            now=partial(datetime.now, UTC),
            monotonic=time.monotonic,
            tell=alerts.tell,
            serials=Serials(ask_for_serials),
        ),
        trade_core=trade_core,
        notifier=notifier,
        results=Results(
            producer,
            trade_core,
            unbroken,
            stamp=stamped(shared, (PAYMENT_RESULTS, REFUND_RESULTS)),
        ),
        alerts=alerts,
        unbroken=unbroken,
        addresses=Addresses(public=settings.public_url, cashier=settings.cashier_url),
        checkout_keys=tuple(key.get_secret_value().encode() for key in settings.checkout_key),
        opener=opener,
        clock=time.time,
    )
    return Parts(deps, producer, transport, replica, RecordProof(shared, until), shared)


def build(
    settings: GatewaySettings, *, group: str = SERVICE, now: Callable[[], float] = time.time
) -> PublicApp:
    """The whole service; it connects when the application's lifespan begins.

    `group`: the consumer group that shares trade-core's commands among the replicas. `now`: this
    machine's clock.
    """
    parts = assemble(settings)
    deps = parts.deps
    commands = command_consumer(
        deps,
        parts.commands_proof,
        bootstrap=settings.broker(),
        group=group,
        member_id=settings.member_id,
        session_timeout_ms=settings.kafka_session_timeout_ms,
        fetch_wait_ms=settings.kafka_fetch_wait_ms,
    )
    keys = KeyWatch(deps)
    certificates = CertificateWatch(deps, settings.channel_ca_file)
    fitness = Fitness(PeerChecks(deps.trade_core, parts.shared, now=now).checks())
    watching = watch(deps, SERVICE, commands, parts.configuration, fitness)
    background, replica = Background(), parts.configuration

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with parts.transport, deps.trade_core, deps.notifier:
            await parts.producer.start()
            await fitness.begin()
            async with background:
                start, gate = background.start, fitness.gate
                start("fitness", fitness.run, pulse=fitness.pulse)
                start("configuration", replica.run, pulse=replica.pulse)
                if settings.configuration_snapshot is not None:
                    start("snapshot", replica.keep, pulse=replica.keeping)
                start("commands", commands.run, pulse=commands.pulse, gate=gate)
                start("keys", keys.run, pulse=keys.pulse, gate=gate)
                start("certificates", certificates.run, pulse=certificates.pulse, gate=gate)
                start("watch", watching.run, pulse=watching.pulse)
                start("alerts", deps.alerts.run, pulse=deps.alerts.pulse)
                yield
            await deps.unbroken.drain()
            await replica.save()
            await parts.producer.stop()

    async def ready() -> Mapping[str, bool | str]:
        return {
            "configuration": replica.ready(),
            "secrets": deps.opener.fits or NOTHING_OPENS,
            **fitness.ready(),
        }

    app = create_public_app(
        service=SERVICE,
        lifespan=lifespan,
        ready=ready,
        alive=background.alive,
        accepted=settings.tokens(),
        gate=fitness.gate,
    )
    app.state.deps = deps
    app.state.admission = _admission(settings, deps.directory)
    app.state.notification_gate = FairGate(webhooks.MAX_PARALLEL)
    _add_routes(app)
    if settings.explain_signatures:
        add_routes(app, signature_explanations.router)
    return app


def _admission(settings: GatewaySettings, directory: Directory) -> Admission:
    return Admission(
        gate=FairGate(settings.max_in_flight),
        authentication=Authentication(
            directory, NonceMemory(), time.time, settings.trusted_proxies
        ),
        rate=RateLimit(settings.app_rate_per_s),
        clock=time.monotonic,
    )


def _add_routes(app: PublicApp) -> None:
    for module in (
        payments,
        webhooks,
        refunds,
        splits,
        payment_links,
        lists,
        statements,
        capabilities,
        events,
        openapi,
    ):
        add_routes(app, module.router)
    app.private.include_router(internal.router)


def main() -> None:
    settings = load(GatewaySettings)
    logs.configure(SERVICE, settings.log_level)
    tracing.begin(SERVICE, settings.otlp_endpoint, settings.trace_share)
    serve(build(settings), settings)
