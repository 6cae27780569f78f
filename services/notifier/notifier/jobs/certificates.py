"""Tells people of certificates that end soon: those that we show to the servers of apps."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from chassis.background import Pulse, pause
from contracts.events import alerts
from contracts.events.deliveries import SOURCE
from foundation.expiry import Certificate, Expiries
from notifier.flows.alerts import receive
from notifier.flows.deps import Deps

CHECK_EVERY_S: Final = 60.0
NAME: Final = "callback_client_certificate"


class CertificateWatch:
    """Looks every minute, once the configuration is known: it is all in memory."""

    def __init__(self, deps: Deps, *, is_ready: Callable[[], bool]) -> None:
        self.pulse = Pulse()
        self._deps = deps
        self._is_ready = is_ready
        self._expiries = Expiries()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not await pause(stop, CHECK_EVERY_S):
            self.pulse.beat()
            if self._is_ready():
                await self.check(datetime.now(UTC))

    async def check(self, now: datetime) -> None:
        """What could not be kept comes again at the next look."""
        expiries = self._expiries.copy()
        due = list(expiries.alerts(self._certificates(), now))
        if due:
            await receive(self._deps, [alerts.record(one, source=SOURCE, at=now) for one in due])
            self._expiries = expiries

    def _certificates(self) -> Iterator[Certificate]:
        for app in self._deps.apps.list_all():
            if app.is_active and app.certificate_ends_at is not None:
                yield Certificate(app.app_id, NAME, app.certificate_ends_at)
