"""Opens days ahead, and drops those that are old."""

import asyncio
import time
from typing import Final

import asyncpg
import structlog

from chassis.background import Pulse, pause
from notifier.flows import keeping
from notifier.flows.deps import Deps

log = structlog.get_logger()

EVERY_S: Final = 3600.0
AGAIN_S: Final = 60.0  # After a lock that was not to be had.
BEHIND_S: Final = 6 * EVERY_S
"""A backup holds its locks for hours; days are opened a week ahead."""


class Keeping:
    """Looks at the start and every hour; replicas do it one after the other."""

    def __init__(self, deps: Deps, *, retention_days: int) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._retention_days = retention_days
        self._done_at = time.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not stop.is_set():
            self.pulse.beat()
            wait_s = EVERY_S
            try:
                await keeping.open_days(self._deps)
                await keeping.drop_old(self._deps, self._retention_days)
                self._done_at = time.monotonic()
            except asyncpg.LockNotAvailableError as error:
                if time.monotonic() - self._done_at > BEHIND_S:
                    raise
                log.warning("keeping.postponed", reason=repr(error))
                wait_s = AGAIN_S
            await pause(stop, wait_s)
