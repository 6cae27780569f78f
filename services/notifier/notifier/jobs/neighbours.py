"""Looks whether the other services answer, for one that is dead tells nobody."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import aiohttp
import structlog

from chassis.background import Alarm, Pulse, pause
from contracts.events import alerts
from contracts.events.deliveries import SOURCE
from notifier.domain.alerts import service_away
from notifier.flows.alerts import receive
from notifier.flows.deps import Deps

log = structlog.get_logger()

CHECK_EVERY_S: Final = 1.0
LIMIT_S: Final = 1.0
AWAY_S: Final = 4.0
"""A restart that takes longer is worth telling."""

FIRST_S: Final = 60.0
"""Whoever starts together with us is given this long."""


class Neighbours:
    """`urls`: the private address of each; ready is who has one replica that is."""

    def __init__(self, deps: Deps, urls: Mapping[str, str], *, away_s: float = AWAY_S) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._urls = urls
        self._seen = dict.fromkeys(urls, time.monotonic() + FIRST_S)
        self._alarms = [self._alarm(name, away_s) for name in urls]

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        async with aiohttp.ClientSession() as session:
            while not await pause(stop, CHECK_EVERY_S):
                self.pulse.beat()
                await self.check(session)

    async def check(self, session: aiohttp.ClientSession) -> None:
        """Once at each of them, all at the same time."""
        async with asyncio.TaskGroup() as group:
            for name, url in self._urls.items():
                group.create_task(self._ask(session, name, url))
        for alarm in self._alarms:
            await alarm.check()

    async def _ask(self, session: aiohttp.ClientSession, name: str, url: str) -> None:
        limit = aiohttp.ClientTimeout(total=LIMIT_S)
        try:
            async with session.get(f"{url}/health/ready", timeout=limit) as answer:
                is_ready = answer.status == 200
                if not is_ready:
                    answer.close()  # The next look may meet another replica.
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("neighbour.silent", service=name, reason=type(error).__name__)
            return
        if is_ready:
            self._seen[name] = time.monotonic()

    def _alarm(self, name: str, away_s: float) -> Alarm:
        async def ring(silence_s: float) -> bool:
            alert = service_away(name, silence_s)
            record = alerts.record(alert, source=SOURCE, at=datetime.now(UTC))
            await receive(self._deps, [record])
            return True

        return Alarm(lambda: time.monotonic() - self._seen[name], away_s, ring)
