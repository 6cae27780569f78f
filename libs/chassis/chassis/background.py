"""Loops that run beside the requests: started by name, watched by progress, stopped gracefully.

And work that goes on when the request that began it is given up: `Unbroken`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import structlog

from chassis.restarts import BACKOFF_S, STEADY_S, IsUp, Restarts

log = structlog.get_logger()

T = TypeVar("T")
Loop = Callable[[asyncio.Event], Awaitable[None]]

CANCEL_LIMIT_S = 5.0
DRAIN_LIMIT_S: Final = 20.0
"""After the running requests: the longest call of one and what comes of it."""


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


class Gate:
    """Open while work may be done. Whoever decides it turns it; loops and ports go by it."""

    def __init__(self, *, is_open: bool = True) -> None:
        self._opened = asyncio.Event()
        self._shut = asyncio.Event()
        self.turn(is_open=is_open)

    @property
    def is_open(self) -> bool:
        return self._opened.is_set()

    def turn(self, *, is_open: bool) -> None:
        now, before = (self._opened, self._shut) if is_open else (self._shut, self._opened)
        before.clear()
        now.set()

    async def opened(self, stop: asyncio.Event) -> bool:
        """Wait until it is open; False when it is time to stop."""
        await unless_stopped(stop, self._opened.wait())
        return not stop.is_set()

    @asynccontextmanager
    async def halting(self, stop: asyncio.Event) -> AsyncIterator[asyncio.Event]:
        """A stop event of one's own, set when `stop` is, and when the gate shuts."""
        halt = asyncio.Event()

        async def watch() -> None:
            await unless_stopped(stop, self._shut.wait())
            halt.set()

        watching = asyncio.ensure_future(watch())
        try:
            yield halt
        finally:
            watching.cancel()
            await asyncio.wait({watching})


@dataclass(slots=True)
class Level:
    """Is news when `measure()` is above `limit`, again whenever that has doubled, and anew after it
    was down to half of the limit. `each`: it counts what stands until somebody has seen to it, and
    one more is news, however many stand. What was not `rung` stays news."""

    measure: Callable[[], float]
    limit: float
    rung_at: float | None = field(default=None, kw_only=True)
    each: bool = field(default=False, kw_only=True)

    def news(self) -> float | None:
        """Measure; None where there is nothing new."""
        value = self.measure()
        if value <= self.limit / 2:
            self.rung_at = None
        return value if value > self.limit and self._is_news(value) else None

    def _is_news(self, value: float) -> bool:
        if self.rung_at is None:
            return True
        if not self.each:
            return value >= 2 * self.rung_at
        self.rung_at = min(self.rung_at, value)
        return value > self.rung_at

    def rung(self, value: float) -> None:
        """People know that it was so much."""
        self.rung_at = value


@dataclass(slots=True)
class Alarm(Level):
    """Rings when its level is news. A `ring` that answers False was not heard: it is repeated."""

    ring: Callable[[float], Awaitable[bool]]

    async def check(self) -> None:
        """Measure, and ring if it is time to."""
        value = self.news()
        if value is not None and await self.ring(value):
            self.rung(value)


class Watch:
    """A loop that looks at all its alarms now and then."""

    def __init__(self, alarms: Sequence[Alarm], *, every_s: float = 5.0) -> None:
        self.pulse = Pulse()
        self._alarms = alarms
        self._every_s = every_s

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; for `Background.start`."""
        while not await pause(stop, self._every_s):
            await self.check()

    async def check(self) -> None:
        """Once at every alarm."""
        self.pulse.beat()
        for alarm in self._alarms:
            await alarm.check()


@dataclass(frozen=True, slots=True)
class _Watched:
    loop: Loop
    pulse: Pulse | None
    stall_s: float
    gate: Gate | None


class Background:
    """The loops of one service: `async with Background() as background: background.start(…)`.

    On exit the stop event is set; a loop that has not returned after `grace_s` is cancelled.
    `is_up`: whether the database answers, where there is one.
    """

    def __init__(
        self, *, grace_s: float = 10.0, backoff_s: float = BACKOFF_S, is_up: IsUp | None = None
    ) -> None:
        self._grace_s = grace_s
        self._backoff_s = backoff_s
        self._is_up = is_up
        self._stop = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._loops: dict[str, _Watched] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

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
        if self._tasks:
            _, late = await asyncio.wait(self._tasks.values(), timeout=self._grace_s)
            for task in late:
                log.warning("background.cancelled", loop=task.get_name())
                task.cancel()
        await self._group.__aexit__(None, None, None)

    def start(
        self,
        name: str,
        loop: Loop,
        *,
        pulse: Pulse | None = None,
        stall_s: float = 60,
        gate: Gate | None = None,
    ) -> None:
        """Run `loop(stop)` until the stop event is set.

        The loop returns soon after `stop` is set. When it raises, or returns before, it is started
        again as `Restarts` has it, which counts crashes. With a `pulse` it counts as alive only
        while the pulse was beaten within `stall_s`: longer than a round of it takes, the pause
        included. With a `gate` it runs only while that is open: shut, it is told to stop; open
        again, it begins anew.
        """
        watched = _Watched(loop, pulse, stall_s, gate)
        self._loops[name] = watched
        self._tasks[name] = self._group.create_task(self._keep_running(name, watched), name=name)

    def alive(self) -> dict[str, bool]:
        """Per loop whether it makes progress: the liveness checks of the service."""
        return {name: self._is_alive(name, watched) for name, watched in self._loops.items()}

    def _is_alive(self, name: str, watched: _Watched) -> bool:
        if watched.gate is not None and not watched.gate.is_open:
            return True
        if watched.pulse is None:
            return not self._tasks[name].done()
        return watched.pulse.age_s() < watched.stall_s

    async def _keep_running(self, name: str, watched: _Watched) -> None:
        steady_s = max(STEADY_S, watched.stall_s)
        restarts = Restarts(name, backoff_s=self._backoff_s, steady_s=steady_s, is_up=self._is_up)
        while not self._stop.is_set():
            if watched.gate is not None and not await watched.gate.opened(self._stop):
                return
            if watched.pulse is not None:
                watched.pulse.beat()
            failure = None
            try:
                if await self._run(watched):
                    continue
            except Exception as error:  # noqa: BLE001  # Whatever it was: the loop starts again.
                failure = error
            if await pause(self._stop, await restarts.after(failure)):
                return

    async def _run(self, watched: _Watched) -> bool:
        """True where it ended because it was told to."""
        if watched.gate is None:
            await watched.loop(self._stop)
            return self._stop.is_set()
        async with watched.gate.halting(self._stop) as halt:
            await watched.loop(halt)
            return halt.is_set()


class Unbroken:
    """Work that goes on when its caller hangs up; the service waits for it before it stops.

    A TaskGroup would cancel everybody's work because of one that failed, hence the bare tasks.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await the work; when the caller is cancelled, the work is not."""
        return await asyncio.shield(self.start(work))

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let the work run on its own; what it raises is logged where nobody awaits it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self) -> None:
        """Wait until the running work has ended, at most `DRAIN_LIMIT_S`."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=DRAIN_LIMIT_S)
        if late:
            log.warning("unbroken.abandoned", count=len(late))
