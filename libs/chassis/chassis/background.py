"""Loops that run beside the requests: started by name, watched by progress, stopped gracefully."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import structlog
from prometheus_client import Counter

log = structlog.get_logger()

T = TypeVar("T")
Loop = Callable[[asyncio.Event], Awaitable[None]]

BACKOFF_MAX_S = 30.0
CANCEL_LIMIT_S = 5.0
STEADY_S = 60.0  # A loop that ran this long before it crashed starts again at the first back-off.
CRASHES = Counter("background_crashes", "Loops that crashed and were started again", ["loop"])


class Pulse:
    """Proof of progress: whoever does the work beats it, liveness reads its age."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def beat(self) -> None:
        self._at = time.monotonic()

    def age_s(self) -> float:
        return time.monotonic() - self._at


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep until `seconds` are over or the stop event is set; True when it is time to stop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()


async def unless_stopped(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of `work`; None, with the work cancelled, as soon as the stop event is set."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        stopping.cancel()
        working.cancel()
        await asyncio.wait({working, stopping}, timeout=CANCEL_LIMIT_S)


@dataclass(slots=True)
class Alarm:
    """Rings when `measure()` is above `limit`, again whenever that has doubled, and anew after it
    was down to half of the limit. A `ring` that answers False was not heard: it is repeated."""

    measure: Callable[[], float]
    limit: float
    ring: Callable[[float], Awaitable[bool]]
    rung_at: float | None = None

    async def look(self) -> None:
        """Measure, and ring if it is time to."""
        value = self.measure()
        if value <= self.limit / 2:
            self.rung_at = None
        is_news = self.rung_at is None or value >= 2 * self.rung_at
        if value > self.limit and is_news and await self.ring(value):
            self.rung_at = value


class Watch:
    """A loop that looks at all its alarms now and then."""

    def __init__(self, alarms: Sequence[Alarm], *, every_s: float = 5.0) -> None:
        self.pulse = Pulse()
        self._alarms = alarms
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not await pause(stop, self._every_s):
            await self.look()

    async def look(self) -> None:
        """Once at every alarm."""
        self.pulse.beat()
        for alarm in self._alarms:
            await alarm.look()


@dataclass(frozen=True, slots=True)
class _Watched:
    task: asyncio.Task[None]
    pulse: Pulse | None
    stall_s: float


class Background:
    """The loops of one service: `async with Background() as background: background.start(…)`.

    On exit the stop event is set; a loop that has not returned after `grace_s` is cancelled.
    """

    def __init__(self, *, grace_s: float = 10.0, backoff_s: float = 1.0) -> None:
        self._grace_s = grace_s
        self._backoff_s = backoff_s
        self._stop = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._loops: dict[str, _Watched] = {}

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        tasks = [watched.task for watched in self._loops.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._grace_s)
            for task in late:
                log.warning("background.cancelled", loop=task.get_name())
                task.cancel()
        await self._group.__aexit__(None, None, None)

    def start(
        self, name: str, loop: Loop, *, pulse: Pulse | None = None, stall_s: float = 60
    ) -> None:
        """Run `loop(stop)` until the stop event is set.

        The loop returns soon after `stop` is set. When it crashes, or returns before, this is
        logged and it is started again after `backoff_s`, doubling to 30 s. With a `pulse` it
        counts as alive only while the pulse was beaten within `stall_s`.
        """
        task = self._group.create_task(self._keep_running(name, loop), name=name)
        self._loops[name] = _Watched(task, pulse, stall_s)

    def alive(self) -> dict[str, bool]:
        """Per loop whether it makes progress: the liveness checks of the service."""
        return {name: _is_alive(watched) for name, watched in self._loops.items()}

    async def _keep_running(self, name: str, loop: Loop) -> None:
        backoff_s = self._backoff_s
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                await loop(self._stop)
            except Exception:  # Whatever it was: it is counted, and the loop starts again.
                log.exception("background.crashed", loop=name)
                CRASHES.labels(name).inc()
            if time.monotonic() - started > STEADY_S:
                backoff_s = self._backoff_s
            if await pause(self._stop, backoff_s):
                return
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)


def _is_alive(watched: _Watched) -> bool:
    if watched.pulse is None:
        return not watched.task.done()
    return watched.pulse.age_s() < watched.stall_s
