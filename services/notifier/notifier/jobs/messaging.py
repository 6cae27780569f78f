"""Sends people what they must hear of, one message for all that is due."""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog

from chassis.background import Pulse, pause
from chassis.database import UNREACHABLE
from chassis.problems import Overloaded
from notifier.flows import alerts
from notifier.flows.deps import Deps

log = structlog.get_logger()

EVERY_S: Final = 1.0


class Messaging:
    """Looks every second; the database gives the turn to one replica at a time. Nobody is told
    before `is_ready`: until then no merchant's route is known."""

    def __init__(self, deps: Deps, *, is_ready: Callable[[], bool]) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._is_ready = is_ready

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`. Outlives restarts of the database."""
        while not stop.is_set():
            self.pulse.beat()
            try:
                if self._is_ready():
                    await alerts.send_due(self._deps)
            except* (Overloaded, asyncpg.PostgresError, *UNREACHABLE) as errors:  # of each route
                log.warning("messaging.postponed", reason=repr(errors.exceptions))
            await pause(stop, EVERY_S)
