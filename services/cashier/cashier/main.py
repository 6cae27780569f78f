"""The composition root: settings become connections, connections become the service."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cashier import consumers
from cashier.api import pages
from cashier.flows.admission import Admission
from cashier.flows.beginnings import Beginnings
from cashier.flows.checkouts import Deps
from cashier.flows.gateway_clock import clock_of
from cashier.flows.hub import Hub
from cashier.flows.logos import Logos
from cashier.settings import CashierSettings
from chassis import logs, settings, tracing
from chassis.background import Background
from chassis.broadcast import Broadcast
from chassis.fitness import Fitness
from chassis.web import PublicApp, create_public_app, serve
from contracts import topics
from foundation.alerting import by_http, notifier_of
from foundation.self_watch import self_watch
from foundation.service_client import Service

NAME: Final = "cashier"
SOURCE: Final = "paymesh/cashier"


def main() -> None:
    config = settings.load(CashierSettings)
    logs.configure(NAME, config.log_level)
    tracing.begin(NAME, config.otlp_endpoint, config.trace_share)
    serve(build(config), config)


def build(config: CashierSettings, *, now: Callable[[], float] = time.time) -> PublicApp:
    """The application; what it needs is opened when it starts, and closed when it ends. `now`:
    this machine's clock."""
    running = _Running(config, now)
    app = create_public_app(
        service=NAME,
        lifespan=running.lifespan,
        ready=running.ready,
        alive=running.alive,
        gate=running.fitness.gate,
    )
    if config.trusted_proxies:
        trusted = [str(network) for network in config.proxy_networks]
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)
    pages.add_to(app)
    return app


class _Running:
    """The connections and loops of one process."""

    def __init__(self, config: CashierSettings, now: Callable[[], float]) -> None:
        self._config = config
        self._background = Background()
        self._gateway = Service(
            config.gateway_url, config.gateway_token, max_age_s=config.connection_age_s
        )
        self.fitness = Fitness({"clock": clock_of(self._gateway, now=now).check})

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        config = self._config
        later = asyncio.get_running_loop().call_later
        hub = Hub(config.max_streams, monotonic=time.monotonic, later=later)
        news = Broadcast(
            bootstrap=config.broker(),
            topic=topics.ORDER_EVENTS,
            handle=partial(consumers.tell, hub),
            from_beginning=False,
            fetch_wait_ms=config.kafka_fetch_wait_ms,
            watch=hub.watch_bus,
        )
        app.state.wechat_proofs = config.wechat_proofs
        app.state.deps = Deps(
            gateway=self._gateway,
            hub=hub,
            admission=Admission(time.monotonic),
            clock=partial(datetime.now, UTC),
            beginnings=Beginnings(time.monotonic),
            logos=Logos(),
        )
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self._gateway)
            if (notifier := notifier_of(config)) is not None:
                await opened.enter_async_context(notifier)
            await self.fitness.begin()
            background = await opened.enter_async_context(self._background)
            background.start("fitness", self.fitness.run, pulse=self.fitness.pulse)
            background.start("news", news.run, pulse=news.pulse, gate=hub.watched)
            if notifier is not None:
                watching = self_watch(
                    NAME, by_http(notifier, SOURCE), consumers={}, fitness=self.fitness
                )
                background.start("watch", watching.run, pulse=watching.pulse)
            yield

    async def ready(self) -> Mapping[str, bool | str]:
        return self.fitness.ready()

    def alive(self) -> Mapping[str, bool]:
        return self._background.alive()
