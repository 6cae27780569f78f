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
    before `is_ready`: until then no merchant's route is known.

    One tells the centre, another the merchants, whose robots may hang: a round waits for all that
    it sends, and the centre must hear within seconds.
    """

    def __init__(self, deps: Deps, *, of_centre: bool, is_ready: Callable[[], bool]) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._of_centre = of_centre
        self._is_ready = is_ready

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not stop.is_set():
            self.pulse.beat()
            if self._is_ready():
                await alerts.send_due(self._deps, of_centre=self._of_centre)
            await pause(stop, EVERY_S)
