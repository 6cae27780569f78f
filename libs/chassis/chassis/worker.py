"""A thread for a library that blocks: its calls run one after the other, and the loop goes on."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_Task = tuple[Callable[[], Any], Future[Any]]


class Worker:
    """Threads of the loop's own pool are waited for when the process ends; one that hangs in a call
    to a server that is away must not be, so this is a daemon."""

    def __init__(self, name: str) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Once begun it ends, even if nobody waits any more."""
        done: Future[T] = Future()
        self._tasks.put((work, done))
        return await asyncio.wrap_future(done)

    def end(self) -> None:
        """No more calls: the thread ends after those that it was given."""
        self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            work, done = task
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(work())
            except Exception as error:  # noqa: BLE001 - whoever waits for it gets it.
                done.set_exception(error)
