"""An app that reads much waits for itself: trade-core has few connections and one line before them,
where its reads would stand before everybody's payments."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from chassis.problems import Overloaded

MAX_READS: Final = 32
"""Of one app behind us at once: three for each of trade-core's connections, so none is idle."""

PATIENCE_S: Final = 4.0
"""Who waited so long is refused, before the five seconds are over that callers wait: in them 256
reads at once are through on a busy machine, too."""


@dataclass(slots=True)
class _Line:
    """`inside`: those who read, and those who wait for it."""

    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_READS))
    inside: int = 0


class ReadLines:
    """A line for each app, and one for our own page. `patience_s`: how long one waits in it."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        """How many lines somebody stands in."""
        return len(self._lines)

    @asynccontextmanager
    async def place(self, who: str, patience_s: float | None = None) -> AsyncIterator[None]:
        """Around a read. Waits a moment (`patience_s`) where too many are under way; raises
        Overloaded."""
        line = self._lines.setdefault(who, _Line())
        line.inside += 1
        try:
            await _enter(line.places, self._patience_s if patience_s is None else patience_s)
            try:
                yield
            finally:
                line.places.release()
        finally:
            line.inside -= 1
            if not line.inside:
                del self._lines[who]


async def _enter(places: asyncio.Semaphore, patience_s: float) -> None:
    if not places.locked():
        await places.acquire()  # at once
        return
    try:
        async with asyncio.timeout(patience_s):
            await places.acquire()
    except TimeoutError as error:
        raise Overloaded("Too many reads are in flight.", retry_after_s=1) from error
