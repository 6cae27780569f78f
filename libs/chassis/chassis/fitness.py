"""Whether a replica is fit for its work; while it is not, it says why and does none."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import asyncpg
import structlog
from prometheus_client import Gauge

from chassis.background import Gate, Pulse, pause
from chassis.database import UNREACHABLE, Database
from chassis.problems import Problem

log = structlog.get_logger()

CHECK_EVERY_S: Final = 2.0
FIRST_CHECK_S: Final = 3.0
CLOCK_LIMIT_S: Final = 5.0
"""Further from the database's clock than this, what a replica writes by its own is wrong."""

CLOCK_OFFSET_S: Final = Gauge("paymesh_clock_offset_seconds", "Our clock ahead of the database's")
UNFIT: Final = Gauge("paymesh_replica_unfit", "Checks of fitness that do not hold")
LOOP_LAG_S: Final = Gauge(
    "paymesh_event_loop_lag_seconds", "How late the loop came back from its latest pause"
)

Check = Callable[[], Awaitable[str | None]]
"""Empty: it holds; the words why it does not; None: that cannot be told now."""

Reference = Callable[[], Awaitable[float]]
"""The time that counts, in seconds since the epoch; raises where nobody tells it."""


class Fitness:
    """Looks at its checks every two seconds. The `gate` is open while all of them hold: loops that
    must not run otherwise are started with it, and a shut one refuses requests.

    A check that cannot tell leaves things as they were; one that never could is taken to hold.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self.gate = Gate()
        self.pulse = Pulse()
        self._checks = checks
        self._words = dict.fromkeys(checks, "")

    @property
    def unfit(self) -> int:
        """How many checks do not hold."""
        return sum(bool(words) for words in self._words.values())

    def reasons(self) -> str:
        """What does not hold, in words."""
        return "; ".join(words for words in self._words.values() if words)

    def ready(self) -> dict[str, bool | str]:
        """The checks, for readiness."""
        return {name: words or True for name, words in self._words.items()}

    async def begin(self) -> None:
        """The first look, before anything is started; who answers late is not waited for."""
        try:
            async with asyncio.timeout(FIRST_CHECK_S):
                await self.check_all()
        except TimeoutError:
            self._judge()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        began = time.monotonic()
        while not await pause(stop, CHECK_EVERY_S):
            LOOP_LAG_S.set(max(0.0, time.monotonic() - began - CHECK_EVERY_S))
            self.pulse.beat()
            await self.check_all()
            began = time.monotonic()

    async def check_all(self) -> None:
        """Once at every check."""
        for name, check in self._checks.items():
            words = await check()
            if words is not None and words != self._words[name]:
                self._words[name] = words
                log.warning("fitness.changed", check=name, reason=words or "holds again")
        self._judge()

    def _judge(self) -> None:
        UNFIT.set(self.unfit)
        self.gate.turn(is_open=not self.unfit)


class Clock:
    """Our clock beside another one: half of the time that asking took is the error."""

    def __init__(
        self, reference: Reference, whose: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._reference = reference
        self._whose = whose
        self._now = now

    async def check(self) -> str | None:
        """For `Fitness`."""
        began, began_at = self._now(), time.monotonic()
        try:
            theirs = await self._reference()
        except (Problem, asyncpg.PostgresError, *UNREACHABLE):
            return None
        error_s = (time.monotonic() - began_at) / 2
        offset_s = began + error_s - theirs
        CLOCK_OFFSET_S.set(offset_s)
        if abs(offset_s) - error_s <= CLOCK_LIMIT_S:
            return ""
        direction = "ahead of" if offset_s > 0 else "behind"
        return f"this clock is {_in_words(offset_s)} {direction} that of {self._whose}"


def _in_words(offset_s: float) -> str:
    """So coarse that a clock which stays wrong is not told anew with every look."""
    seconds = abs(offset_s)
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} s"


def clock_of(db: Database, *, now: Callable[[], float] = time.time) -> Clock:
    """Beside the database's."""

    async def reference() -> float:
        async with db.connection() as connection:
            moment: float = await connection.fetchval(_NOW)
        return moment

    return Clock(reference, "the database", now=now)


_NOW: Final = "select extract(epoch from clock_timestamp())::float8"
