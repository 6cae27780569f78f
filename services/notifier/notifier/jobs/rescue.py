"""What nobody else would notice: leases of the dead, endpoints that waited for configuration."""

import asyncio
from typing import Final

from chassis.background import Pulse, pause
from notifier.flows import attempts, endpoints, replays
from notifier.flows.deps import Deps
from notifier.store.presence import Presence

EVERY_S: Final = 1.0


class Rescue:
    """Keeps this replica's presence known, takes back the leases of those who lost theirs, and
    looks anew at endpoints whose app's configuration changed, takes replays a step further."""

    def __init__(self, deps: Deps, presence: Presence, *, every_s: float = EVERY_S) -> None:
        self.pulse = Pulse()
        self._every_s = every_s
        self._deps = deps
        self._presence = presence

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not stop.is_set():
            self.pulse.beat()
            # Our own presence first: after a restart of the database nobody has one.
            await self._presence.hold()
            await attempts.take_back(self._deps)
            await endpoints.follow_configuration(self._deps)
            await replays.step_all(self._deps)
            await pause(stop, self._every_s)
