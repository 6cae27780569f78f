"""Looks whether the other services answer, for one that is dead tells nobody."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

import aiohttp
import structlog

from chassis.background import Level, Pulse, pause
from notifier.domain.alerts import service_away
from notifier.flows.own_alerts import OwnAlerts

log = structlog.get_logger()

CHECK_EVERY_S: Final = 1.0
LIMIT_S: Final = 1.0
AWAY_S: Final = 4.0
"""A restart that takes longer is worth telling."""

GAP_S: Final = 3.0
"""Who did not look for so long does not know who was silent."""

FIRST_S: Final = 60.0
"""Whoever starts together with us is given this long."""


class Neighbours:
    """`urls`: the private address of each; ready is who has one replica that is."""

    def __init__(self, own: OwnAlerts, urls: Mapping[str, str], *, away_s: float = AWAY_S) -> None:
        self.pulse = Pulse()
        self._own = own
        self._urls = urls
        self._reasons: dict[str, str | None] = dict.fromkeys(urls)
        self._looked_at = time.monotonic()
        self._seen = dict.fromkeys(urls, time.monotonic() + FIRST_S)
        self._silences = {name: Level(partial(self._silence_s, name), away_s) for name in urls}

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        async with aiohttp.ClientSession() as session:
            while not await pause(stop, CHECK_EVERY_S):
                self.pulse.beat()
                await self.check(session)

    async def check(self, session: aiohttp.ClientSession) -> None:
        """Once at each of them, all at the same time."""
        began, before = time.monotonic(), self._looked_at
        if began - before > GAP_S:
            self._seen = {name: max(at, began) for name, at in self._seen.items()}
        async with asyncio.TaskGroup() as group:
            for name, url in self._urls.items():
                group.create_task(self._look(session, name, url))
        await self._tell()
        self._looked_at = time.monotonic()  # People may be slow to be told: that is no gap.

    async def _tell(self) -> None:
        news = {name: each.news() for name, each in self._silences.items()}
        due = {name: silence_s for name, silence_s in news.items() if silence_s is not None}
        if due and await self._own.tell_all([service_away(*each) for each in due.items()]):
            for name, silence_s in due.items():
                self._silences[name].rung(silence_s)

    def _silence_s(self, name: str) -> float:
        return time.monotonic() - self._seen[name]

    async def _look(self, session: aiohttp.ClientSession, name: str, url: str) -> None:
        reason = await _why_silent(session, url)
        if reason is None:
            self._seen[name] = time.monotonic()
        if reason != self._reasons[name]:
            log.info(
                "neighbour.silent" if reason else "neighbour.answers", neighbour=name, reason=reason
            )
            self._reasons[name] = reason


async def _why_silent(session: aiohttp.ClientSession, url: str) -> str | None:
    """None where a replica is ready."""
    limit = aiohttp.ClientTimeout(total=LIMIT_S)
    try:
        async with session.get(f"{url}/health/ready", timeout=limit) as answer:
            if answer.status == 200:
                return None
            answer.close()  # The next look may meet another replica.
            return f"status {answer.status}"
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return type(error).__name__
