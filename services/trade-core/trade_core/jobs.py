"""What the clock causes."""

import asyncio
import contextlib
from typing import Final

from chassis.background import Pulse
from trade_core.flows.attend_due import BATCH, attend_due
from trade_core.flows.deps import Deps

POLL_S: Final = 0.5


class DueLoop:
    """Attends to what is due, batch after batch, then waits for the bell or half a second."""

    def __init__(self, deps: Deps, bell: asyncio.Event) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._bell = bell

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._bell.clear()
            attended = await attend_due(self._deps)
            self.pulse.beat()
            if attended < BATCH:
                await self._rest()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._bell.wait()
