"""What the notifier itself tells: as all alerts, and without its database where that is away."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from chassis.database import is_passing
from contracts.events import alerts
from contracts.events.alerts import Alert, Severity
from contracts.events.deliveries import SOURCE
from notifier.domain.incidents import raised
from notifier.domain.messages import compose
from notifier.flows.alerts import SPEAK_EVERY_S, receive, send_by_any
from notifier.flows.deps import Deps

log = structlog.get_logger()

KEPT_LIMIT_S: Final = 2.0
"""People hear of a dead service within ten seconds; a database that hangs takes no part of that."""


class OwnAlerts:
    """`tell` never raises for a database that is away: its silence is what people must hear of."""

    def __init__(self, deps: Deps, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._deps = deps
        self._monotonic = monotonic
        self._spoke_at = -SPEAK_EVERY_S

    async def tell(self, alert: Alert) -> bool:
        """Whether it was taken; what was not is to be told again."""
        return await self.tell_all([alert])

    async def tell_all(self, together: Sequence[Alert]) -> bool:
        """In one message, so that none waits for the others. Whether all were taken."""
        at = datetime.now(UTC)
        try:
            async with asyncio.timeout(KEPT_LIMIT_S):
                records = [alerts.record(each, source=SOURCE, at=at) for each in together]
                await receive(self._deps, records)
        except Exception as error:
            if not is_passing(error):
                raise
            keys = [each.key for each in together]
            log.warning("alert.not_kept", keys=keys, reason=repr(error))
            return await self._tell_at_once(together, at)
        return True

    async def _tell_at_once(self, together: Sequence[Alert], at: datetime) -> bool:
        """To the centre's people. Each replica speaks for itself, and not too often."""
        messengers, quiet, now = self._deps.messengers, self._deps.quiet_hours, self._monotonic()
        is_quiet = quiet is not None and quiet.after(at) != at
        urgent = [each for each in together if not is_quiet or each.severity is Severity.CRITICAL]
        if not messengers or not urgent or now - self._spoke_at < SPEAK_EVERY_S:
            return False
        self._spoke_at = now
        incidents = [raised(None, each, at, at, quiet) for each in urgent]
        error = await send_by_any(messengers, compose(incidents, self._deps.language))
        return error is None and len(urgent) == len(together)
