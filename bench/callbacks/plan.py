"""What the measurements of the notifier share: how much, at which pace, how figures are told."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.callbacks.harness import Harness

ENDPOINTS: Final = 500
RATE_PER_S: Final = 400
AT_A_TIME: Final = 10
APPS: Final = [f"A{number}" for number in range(ENDPOINTS)]
DEAD: Final = "dead"
"""An app whose server hangs, where a measurement has one."""


@dataclass(slots=True)
class Plan:
    """`events` of each draining run, `seconds` of each paced run, `pending` of one app in W5.

    `alone_p99_ms`: of the paced run of W1, with which W2 is compared. `failed`: how many figures
    missed their bar.
    """

    events: int
    seconds: float
    pending: int
    alone_p99_ms: float | None = None
    failed: int = 0

    def say(self, name: str, figure: str, *, bar: str, is_met: bool) -> None:
        self.failed += not is_met
        print(f"{'PASS' if is_met else 'FAIL'}  {name:<42}{figure:>26}   bar {bar}", flush=True)


def remark(text: str) -> None:
    """A figure without a bar."""
    print(f"      {text}", flush=True)


async def calm(here: Harness) -> None:
    """All apps known, and the first callbacks, which open connections and plans, behind us."""
    if here.notifier is None:
        await here.start_notifier()
        await here.register(APPS)
        await here.servers.all_of(await tell_paced(here, 2, APPS), 60)


async def tell_paced(here: Harness, seconds: float, app_ids: Sequence[str]) -> list[str]:
    """Ten at a time; answers the ids of those that are not for the dead app."""
    ids: list[str] = []
    pause_s, start = AT_A_TIME / RATE_PER_S, time.perf_counter()
    for turn in range(int(seconds / pause_s)):
        apps = [app_ids[(AT_A_TIME * turn + place) % len(app_ids)] for place in range(AT_A_TIME)]
        events = here.events(apps, AT_A_TIME)
        ids += [one for (one, _), app_id in zip(events, apps, strict=True) if app_id != DEAD]
        await here.tell(events)
        await asyncio.sleep(max(0.0, start + (turn + 1) * pause_s - time.perf_counter()))
    return ids


async def paced(
    here: Harness, plan: Plan, app_ids: Sequence[str], name: str, *, bar_ms: float
) -> float:
    """At a fixed rate; answers the 99th percentile from published to received, in ms."""
    healthy = await tell_paced(here, plan.seconds, app_ids)
    await here.servers.all_of(healthy, 60)
    return say_p99(plan, here.latencies_ms(healthy), name, bar_ms=bar_ms)


def say_p99(plan: Plan, ordered_ms: Sequence[float], name: str, *, bar_ms: float) -> float:
    p99 = percentile(ordered_ms, 99)
    text = f"{p99:.0f} ms (p50 {percentile(ordered_ms, 50):.0f})"
    plan.say(name, text, bar=f"≤ {bar_ms:.0f} ms", is_met=p99 <= bar_ms)
    return p99


def percentile(ordered: Sequence[float], percent: int) -> float:
    return (
        ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("inf")
    )
