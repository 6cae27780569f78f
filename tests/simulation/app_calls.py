"""How an app asks: until it is done, and what an answer must have behind it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from tests.simulation import network
from tests.simulation.centre import Centre
from tests.simulation.chance import Chance
from tests.simulation.harness import Harness, Injected, is_excused

from chassis.problems import Problem
from contracts.codes import Code
from gateway.flows.deps import Deps

T = TypeVar("T")
Work = Callable[[Deps], Coroutine[Any, Any, T]]

LIMIT_S: Final = 60.0
TRIES: Final = 8
AGAIN_S: Final = (0.5, 10.0)
ASK_AGAIN: Final = {Code.OVERLOADED, Code.INTERNAL, Code.PAYMENT_IN_PROGRESS, Code.TOO_SOON}


class Client:
    """The way to the gateway of somebody who never takes silence for an answer."""

    def __init__(self, harness: Harness, dice: Chance, *, hangs_up: float) -> None:
        self.centre: Centre
        self._harness = harness
        self._dice = dice
        self._hangs_up = hangs_up

    async def ask(self, verb: str, what: str, work: Work[T]) -> T | None:
        """Until it is done; None for a no, and when it has had enough. Where nothing goes wrong
        there is an answer."""
        is_owed_an_answer = self._harness.is_calm
        for _ in range(TRIES):
            self._harness.story.tell("app", verb, what)
            pause_s = self._dice.between(*AGAIN_S)
            try:
                return await self._called(work)
            except Problem as problem:
                self._harness.story.tell("app", "hears", problem.code, what)
                if problem.status == 500 and not is_excused(problem):
                    self._harness.note_error("gateway", problem)
                if problem.code not in ASK_AGAIN:
                    return None
                is_owed_an_answer &= problem.status >= 500
                pause_s += problem.retry_after_s or 0
            except Injected as error:
                self._harness.story.tell("app", "has no answer", what, error)
            await asyncio.sleep(pause_s)
        if is_owed_an_answer:
            self._harness.surprises.append(f"the app {verb} {what} and is never answered")
        return None

    async def _called(self, work: Work[T]) -> T:
        if self.centre.gateway is None:
            raise network.CallLost("no gateway yet")
        process, deps = self.centre.gateway
        is_hasty = not self._harness.is_calm and self._dice.happens(self._hangs_up)
        patience_s = self._dice.between(0, 3) if is_hasty else None
        return await network.call(
            self._harness, process, lambda: work(deps), LIMIT_S, hangs_up_after_s=patience_s
        )
