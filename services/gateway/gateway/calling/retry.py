"""A payment whose channel asks for the same call once more: repeated while the app waits for it.

Only initiations are: whoever waits for them cannot wait for trade-core's clock. Refunds, closes and
queries are asked again by that clock, with the same number too.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import Counter

from gateway.channels.plugin import NotSent, Outcome, Pending, Succeeded, Unknown

REPEATS = Counter("channel_repeats", "Initiations sent again with the same number", ["channel"])

PAUSES_S: Final = (0.3, 1.2)
"""Before each repeat; a channel that is still in trouble after them is asked by query."""

SHORTEST_S: Final = 1.0
"""With less time left than this, no repeat is begun."""

Ask = Callable[[float | None], Awaitable[Outcome]]


class Retry:
    """`monotonic` measures, `pause` waits so many seconds."""

    def __init__(
        self, *, monotonic: Callable[[], float], pause: Callable[[float], Awaitable[None]]
    ) -> None:
        self._monotonic = monotonic
        self._pause = pause

    async def run(self, channel: str, ask: Ask, limit_s: float) -> Outcome:
        """Ask until the trouble is over or `limit_s` is; `ask` is told how long it may take, None:
        as long as the call says."""
        until = self._monotonic() + limit_s
        outcome = await ask(None)
        for pause_s in PAUSES_S:
            if not _passes(outcome) or self._monotonic() + pause_s + SHORTEST_S > until:
                break
            await self._pause(pause_s)
            REPEATS.labels(channel).inc()
            outcome = _together(outcome, await ask(until - self._monotonic()))
        return outcome


def _passes(outcome: Outcome) -> bool:
    return isinstance(outcome, NotSent | Unknown) and outcome.is_passing


def _together(before: Outcome, now: Outcome) -> Outcome:
    """Where the first call may have done its work, only a yes to the repeat says more: a no may be
    about the repeat alone."""
    if isinstance(before, Unknown) and not isinstance(now, Succeeded | Pending | Unknown):
        return before
    return now
