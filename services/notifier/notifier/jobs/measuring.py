"""Keeps the gauges of the queue true."""

import asyncio
from typing import Final

from chassis.background import Pulse, pause
from notifier.flows import measuring
from notifier.flows.deps import Deps

EVERY_S: Final = 10.0  # As often as Prometheus looks.


class Measuring:
    """Reads them at the start and every few seconds, however often somebody looks."""

    def __init__(self, deps: Deps) -> None:
        self.pulse = Pulse()
        self._deps = deps

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not stop.is_set():
            self.pulse.beat()
            await measuring.measure(self._deps)
            await pause(stop, EVERY_S)
