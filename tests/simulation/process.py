"""A process of the centre: all that it does passes through here, and at any step it may die."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar

from tests.simulation.features import Feature
from tests.simulation.harness import Harness

T = TypeVar("T")

SKEW: Final = timedelta(seconds=3)

_current: ContextVar["Process | None"] = ContextVar("process", default=None)


class Process:
    """Everything that its code awaits from outside is a `step`: time passes, others come in
    between, and the process may die. A dead process has no effect on anything any more, so its
    `finally` blocks and handlers run in vain, as if it had been killed with -9.
    """

    def __init__(self, harness: Harness, name: str) -> None:
        self.harness = harness
        self.name = name
        self.is_alive = True
        self.died_at = math.inf
        self.at_death: list[Callable[[], None]] = []
        self._skew = SKEW * (harness.dice.between(-1, 1) if harness.has(Feature.SKEW) else 0)
        self._tasks: set[asyncio.Task[Any]] = set()

    def now(self) -> datetime:
        """By the clock of its machine."""
        return self.harness.now() + self._skew

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run it in this process; what it starts itself belongs to the process too."""
        context = copy_context()
        context.run(_current.set, self)
        return self.harness.loop.create_task(work, context=context)

    async def step(self) -> None:
        """One await of the program."""
        await asyncio.sleep(self.harness.latency_s())
        self.may_die()

    def may_die(self) -> None:
        """Call it where something took effect: here nobody knows of it yet."""
        if self.is_alive and self.harness.happens("kill"):
            self.kill()
        if not self.is_alive:
            raise asyncio.CancelledError(f"{self.name} is dead")

    def watched(
        self, what: str, work: Callable[[T], Coroutine[Any, Any, None]]
    ) -> Callable[[T], Coroutine[Any, Any, None]]:
        """The same, but that a failure is noted: by a fault of ours, or it is a finding."""

        async def watched(given: T) -> None:
            try:
                await work(given)
            except Exception as error:
                self.harness.note_error(f"{self.name} {what}", error)
                raise

        return watched

    def kill(self) -> None:
        self.harness.story.tell(self.name, "is killed")
        self.end()
        for bury in self.at_death:
            bury()

    def end(self) -> None:
        """As `kill`, but nobody is told."""
        self.is_alive = False
        self.died_at = self.harness.loop.time()
        for task in list(self._tasks):
            task.cancel()

    def _adopt(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def task_factory() -> Callable[..., asyncio.Task[Any]]:
    """Of one world: tasks belong to the process whose code makes them."""
    numbers = count()

    def make(
        loop: asyncio.AbstractEventLoop, work: Any, *, context: Context | None = None, **more: Any
    ) -> asyncio.Task[Any]:
        context = copy_context() if context is None else context
        task = _Task(next(numbers), work, loop=loop, context=context, **more)
        owner = context.get(_current)
        if owner is not None:
            owner._adopt(task)
        return task

    return make


def stop_all(loop: asyncio.AbstractEventLoop) -> None:
    """Whoever is stopped may begin something while leaving, so it matters who is first: asyncio
    knows its tasks in an order that depends on those of other loops."""
    while tasks := sorted(asyncio.all_tasks(loop), key=hash):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=1))


class _Task(asyncio.Task[Any]):
    """Sets of tasks, which a TaskGroup cancels too, have the same order in every run: by default
    it would be that of their places in memory."""

    def __init__(self, number: int, work: Any, **more: Any) -> None:
        self._number = number
        super().__init__(work, **more)

    def __hash__(self) -> int:
        return self._number


def current_process() -> Process:
    """The process whose code is running."""
    process = _current.get()
    if process is None:
        raise LookupError("nobody's code is running")
    return process


def running_process() -> str:
    """The name of the process whose code is running."""
    process = _current.get()
    return "" if process is None else process.name
