"""When a loop that has ended begins again, and whether people must hear of it: it has crashed."""

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import structlog
from prometheus_client import Counter

from chassis.database import is_hindered

log = structlog.get_logger()

BACKOFF_S: Final = 1.0
BACKOFF_MAX_S: Final = 30.0
STEADY_S: Final = 60.0
"""Who ran this long has worked: what comes then is the first failure of a row."""

RETRIED_S: Final = 60.0
"""A lock or a time-out now and then is nobody's business; for so long in a row it is."""

CRASHES: Final = Counter(
    "paymesh_background_crashes", "Loops that crashed and were started again", ["loop"]
)

IsUp: TypeAlias = Callable[[], Awaitable[bool]]


class Restarts:
    """Of one loop: the first after `backoff_s`, then twice as long each time, up to 30 s.

    Where the moment was wrong (`chassis.database.is_hindered`) and `is_up` says that the database
    is away, nothing has crashed, and the wait stays as it is. With the database up it is retried;
    when that has gone on for a minute it is a crash, as is anything else at once. `is_up` None:
    there is no database. `steady_s`: who ran longer has worked between.
    """

    def __init__(
        self,
        loop: str,
        *,
        backoff_s: float = BACKOFF_S,
        steady_s: float = STEADY_S,
        is_up: IsUp | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._first_s = self._wait_s = backoff_s
        self._steady_s = steady_s
        self._is_up = is_up
        self._now = now
        self._row_began: float | None = None
        self._runs_since = now()

    async def after(self, error: Exception | None) -> float:
        """How long to wait now that it has ended; `error` None: it returned too early."""
        if self._now() - self._runs_since > self._steady_s:
            self._begin_anew()
        if error is not None:
            await self._judge(error)
        wait_s, self._wait_s = self._wait_s, min(self._wait_s * 2, BACKOFF_MAX_S)
        self._runs_since = self._now() + wait_s
        return wait_s

    def worked(self) -> None:
        """For a loop that goes on after a failure: this round went well, so the next failure is the
        first of a row. Of one that begins again `steady_s` says so."""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._row_began, self._wait_s = None, self._first_s

    async def _judge(self, error: Exception) -> None:
        if is_hindered(error):
            if self._is_up is not None and not await self._is_up():
                log.warning("background.postponed", loop=self._loop, reason=repr(error))
                self._begin_anew()
                return
            if self._lasts_s() + self._wait_s < RETRIED_S:  # the next one would come too late
                log.warning("background.retried", loop=self._loop, reason=repr(error))
                return
        log.error("background.crashed", loop=self._loop, exc_info=error)
        CRASHES.labels(self._loop).inc()

    def _lasts_s(self) -> float:
        now = self._now()
        if self._row_began is None:
            self._row_began = now
        return now - self._row_began
