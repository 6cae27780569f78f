"""Time that passes only when nobody has anything left to do: an event loop for simulations."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar, TypeVarTuple

ArgTs = TypeVarTuple("ArgTs")
FoundT = TypeVar("FoundT")

NOON: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""When every simulation begins."""


class Stuck(Exception):
    """Everybody waits for somebody else: no time will ever come."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs what is ready; when nothing is, the clock leaps to the next timer.

    There is no input and no output, so what happens is decided by the program alone.
    """

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now_s

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.time())

    def run_in_executor(
        self,
        executor: Executor | None,
        func: Callable[[*ArgTs], FoundT],
        *args: *ArgTs,
    ) -> asyncio.Future[FoundT]:
        """In the loop's own turn: beside a thread its time would leap, how far by chance."""

        async def in_turn() -> FoundT:
            return func(*args)

        return self.create_task(in_turn())


class _Leap(selectors.SelectSelector):
    """Where a real selector would sleep, the time has come already."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck
        self.now_s += max(0.0, timeout)
        return []
