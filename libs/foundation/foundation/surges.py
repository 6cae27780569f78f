"""What counters did in the last minute: errors, crashes, failed and slow answers."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.samples import Sample

from chassis.consumer import FAILED
from chassis.restarts import CRASHES
from chassis.web import ANSWERS, UNHANDLED

WINDOW_S: Final = 60.0
MANY: Final = 10
"""Fewer bad answers within a minute tell nothing."""

RATIO: Final = 0.05
"""Nor does a smaller part of all answers."""


class Growth:
    """How much a number that only grows has grown in the last minute."""

    def __init__(
        self, total: Callable[[], float], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._total = total
        self._now = now
        self._past: deque[tuple[float, float]] = deque([(now(), total())])

    def __call__(self) -> float:
        now, total = self._now(), self._total()
        self._past.append((now, total))
        while len(self._past) > 2 and self._past[1][0] <= now - WINDOW_S:
            self._past.popleft()
        return total - self._past[0][1]


class Surges:
    """The measures for the alarms of one process."""

    def __init__(self) -> None:
        self.errors = Growth(lambda: total(UNHANDLED))
        self.crashes = Growth(lambda: total(CRASHES))
        self.failed_batches = Growth(lambda: total(FAILED))
        self._answers = Growth(lambda: ANSWERS.all)
        self._failed = Growth(lambda: ANSWERS.failed)
        self._slow = Growth(lambda: ANSWERS.slow)

    def failed_answers(self) -> float:
        """5xx within the minute, where they are more than a few and more than a small part."""
        return if_many(self._failed(), self._answers())

    def slow_answers(self) -> float:
        """The same of those that took long."""
        return if_many(self._slow(), self._answers())


def kinds(metric: MetricWrapperBase, label: str) -> str:
    """The values of a label that were ever counted."""
    return ", ".join(sorted(each.labels[label] for each in _totals(metric) if each.value))


def total(metric: MetricWrapperBase) -> float:
    """The sum over all labels."""
    return sum(each.value for each in _totals(metric))


def if_many(bad: float, of: float) -> float:
    """So many, where they are more than a few and more than a small part."""
    return bad if bad >= MANY and bad >= RATIO * of else 0.0


def _totals(metric: MetricWrapperBase) -> Iterator[Sample]:
    for family in metric.collect():
        yield from (each for each in family.samples if each.name.endswith("_total"))
