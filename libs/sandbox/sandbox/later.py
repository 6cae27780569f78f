"""Appointments with the clock that end with the sandbox and leave no task waiting for hours."""

import asyncio
from collections.abc import Callable
from typing import TypeVarTuple

Ts = TypeVarTuple("Ts")


class Later:
    """Calls to be made after a while; `cancel()` forgets those that are still to come."""

    def __init__(self) -> None:
        self._handles: set[asyncio.TimerHandle] = set()

    def call(self, delay_s: float, callback: Callable[[*Ts], object], *arguments: *Ts) -> None:
        def ring() -> None:
            self._handles.discard(handle)
            callback(*arguments)

        handle = asyncio.get_running_loop().call_later(max(0.0, delay_s), ring)
        self._handles.add(handle)

    def cancel(self) -> None:
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()
