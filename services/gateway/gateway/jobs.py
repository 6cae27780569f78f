"""What the clock makes the gateway do: keep the channels' keys fresh, see whether it keeps up."""

import asyncio
from itertools import islice
from typing import Any, Final

from chassis.background import Alarm, Pulse, Watch, pause
from chassis.consumer import Consumer
from contracts.events import alerts
from gateway.deps import Deps

LOOK_S: Final = 5.0
"""How soon a new account in certificate mode has the keys of today."""

MAX_AT_ONCE: Final = 8
"""Downloads side by side; an account that hangs holds up the others for one call at most."""


class KeyWatch:
    """Downloads the keys of every account for which it is time."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self.pulse = Pulse()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not await pause(stop, LOOK_S):
            await self.look()

    async def look(self) -> None:
        """Ask for what is due, a few accounts at a time; the next look takes the next ones."""
        self.pulse.beat()
        executor = self._deps.executor
        due = (each for each in self._deps.directory.list_accounts() if executor.has_old_keys(each))
        async with asyncio.TaskGroup() as group:
            for account in islice(due, MAX_AT_ONCE):
                group.create_task(executor.renew_keys(account))


def watch(deps: Deps, group: str, commands: Consumer[Any]) -> Watch:
    """Tells people when trade-core's commands pile up."""

    async def behind(lag: float) -> bool:
        deps.alerts.tell(alerts.consumer_behind(group, lag))
        return True

    return Watch([Alarm(lambda: commands.lag, alerts.LAG_LIMIT, behind)])
