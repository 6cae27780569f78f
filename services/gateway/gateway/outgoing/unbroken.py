"""Work that goes on when its caller hangs up: a channel may have been called already."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import structlog

log = structlog.get_logger()

DRAIN_LIMIT_S: Final = 20.0
"""After the 15 s of running requests: the longest call (payment code, 30 s) and its publish."""

T = TypeVar("T")


class Unbroken:
    """Keeps hold of running work, so that the service can wait for it before it stops.

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
