"""Keeps the gauges of the queue true."""

import asyncio
from typing import Final

import asyncpg
import structlog

from chassis.background import Pulse, pause
from chassis.database import UNREACHABLE
from chassis.problems import Overloaded
from notifier.flows import measuring
from notifier.flows.deps import Deps

log = structlog.get_logger()

EVERY_S: Final = 10.0  # As often as Prometheus looks.


class Measuring:
    """Reads them at the start and every few seconds, however often somebody looks."""

    def __init__(self, deps: Deps) -> None:
        self.pulse = Pulse()
        self._deps = deps

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`. Outlives restarts of the database."""
        while not stop.is_set():
            self.pulse.beat()
            try:
                await measuring.measure(self._deps)
            except (Overloaded, asyncpg.PostgresError, *UNREACHABLE) as error:
                log.warning("measuring.postponed", reason=repr(error))
            await pause(stop, EVERY_S)
