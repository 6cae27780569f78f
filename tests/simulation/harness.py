"""What everything in a simulation shares: the clock, the dice, the faults, the story."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from datetime import datetime
from typing import Any, Final

from tests.simulation.chance import Chance
from tests.simulation.faults import CALM, Faults
from tests.simulation.features import Feature
from tests.simulation.story import Story
from tests.simulation.virtual_time import VirtualLoop

from chassis.problems import Overloaded

QUICK_S: Final = (0.0002, 0.004)
STALL_S: Final = (0.05, 4.0)


class Injected(Exception):
    """Marks the errors that the simulation itself made."""


class Harness:
    """One seed's world."""

    def __init__(
        self,
        seed: int,
        loop: VirtualLoop,
        faults: Faults,
        features: frozenset[Feature] = frozenset(),
    ) -> None:
        self.seed = seed
        self.loop = loop
        self.faults = faults
        self.features = features
        self.story = Story(loop.time)
        self.dice = Chance(seed, "schedule")
        self.is_calm = False
        """Whether no fault happens any more, and what had died is up again."""
        self.surprises: list[str] = []
        """Errors of the programs that no fault explains."""
        self._tasks: set[asyncio.Task[Any]] = set()

    def now(self) -> datetime:
        return self.loop.now()

    def has(self, feature: Feature) -> bool:
        return feature in self.features

    def happens(self, fault: str) -> bool:
        """Whether this fault happens now."""
        return self.dice.happens(getattr(self.faults, fault))

    def latency_s(self) -> float:
        low, high = STALL_S if self.happens("stall") else QUICK_S
        return self.dice.between(low, high)

    def calm_down(self) -> None:
        self.faults = CALM
        self.story.tell("world", "the faults stop")

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Something outside the centre: it belongs to no process, whoever caused it."""
        task = self.loop.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def note_error(self, who: str, error: BaseException) -> None:
        """A program failed: by a fault of ours, or it is a finding."""
        if is_excused(error):
            self.story.tell(who, "fails", repr(error))
            return
        self.story.tell(who, "FAILS FOR NO REASON", repr(error))
        self.surprises.append(f"{who} fails for no reason: {error!r}")

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.surprises.append(f"the simulation itself failed: {error!r}")


def is_excused(error: BaseException | None) -> bool:
    """Whether a fault of ours, or too many at once who change an order, explains the error."""
    if error is None:
        return False
    if isinstance(error, BaseExceptionGroup):
        return all(is_excused(each) for each in error.exceptions)
    if isinstance(error, Injected | Overloaded):
        return True
    return is_excused(error.__cause__)
