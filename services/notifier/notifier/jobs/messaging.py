"""Sends people what they must hear of, one message for all that is due."""

import asyncio
from collections.abc import Callable
from typing import Final

from chassis.background import Pulse, pause
from notifier.flows import alerts
from notifier.flows.deps import Deps

EVERY_S: Final = 1.0


class Messaging:
    """Looks every second; the database gives the turn to one replica at a time. Nobody is told
    before `is_ready`: until then no merchant's route is known."""

    def __init__(self, deps: Deps, *, is_ready: Callable[[], bool]) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._is_ready = is_ready

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not stop.is_set():
            self.pulse.beat()
            if self._is_ready():
                await alerts.send_due(self._deps)
            await pause(stop, EVERY_S)
