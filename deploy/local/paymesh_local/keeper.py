"""Starts a process again when it ends, as Kubernetes would."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from paymesh_local import processes
from paymesh_local.failure import CannotRun
from paymesh_local.processes import Process
from paymesh_local.terminal import Terminal

SETTLED_AFTER_S: Final = 30.0
"""Who lived that long is started again at once when it ends."""

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0


class Keeper:
    """Keeps one process running.

    `start` starts it; `ready` returns when it serves, and raises CannotRun when it has ended
    before; `changed` is called after each later start, before it serves. What cannot be started
    is tried again after a pause.
    """

    def __init__(
        self,
        name: str,
        *,
        start: Callable[[], Awaitable[Process]],
        ready: Callable[[Process], Awaitable[None]],
        changed: Callable[[], None],
        terminal: Terminal,
    ) -> None:
        self.name = name
        self.process: Process | None = None
        self._start = start
        self._ready = ready
        self._changed = changed
        self._terminal = terminal
        self._asked_to_restart = False

    async def start(self) -> None:
        """The first start: what goes wrong is the caller's to tell."""
        self.process = await self._start()
        await self._ready(self.process)

    async def keep(self) -> None:
        """Wait for its end and start it again, for ever."""
        pause_s = 0.0
        while True:
            began = asyncio.get_running_loop().time()
            await self._until_it_ends()
            lived_s = asyncio.get_running_loop().time() - began
            pause_s = 0.0 if lived_s > SETTLED_AFTER_S else pause_s
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, pause_s * 2))
            await self._start_again()

    async def restart(self, grace_s: float) -> None:
        """End it, so that it is started anew with what has changed."""
        self._asked_to_restart = True
        if self.process is not None:
            await self.process.stop(grace_s)

    async def stop(self, grace_s: float) -> None:
        """End it for good; `keep` must have been cancelled before."""
        if self.process is not None:
            await self.process.stop(grace_s)

    async def _until_it_ends(self) -> None:
        if self.process is None:
            return
        code = await self.process.wait()
        if not self._asked_to_restart:
            self._terminal.problem(self.name, f"{processes.ended(code)}; it is started again")

    async def _start_again(self) -> None:
        self._asked_to_restart = False
        self.process = None
        began = asyncio.get_running_loop().time()
        try:
            self.process = await self._start()
            self._changed()
            await self._ready(self.process)
        except CannotRun as error:
            if self.process is None:
                self._terminal.problem(self.name, error.reason)
            return
        seconds = asyncio.get_running_loop().time() - began
        self._terminal.done(self.name, f"runs again, pid {self.process.pid}", seconds)
