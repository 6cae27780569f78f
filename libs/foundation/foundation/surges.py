"""What counters did in the last minute: errors, crashes, failed and slow answers."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client.metrics import MetricWrapperBase

from chassis.background import CRASHES
from chassis.consumer import FAILED
from chassis.web import REQUESTS, SECONDS, UNHANDLED
from contracts.events.alerts import SLOW_S

WINDOW_S: Final = 60.0
MANY: Final = 10
"""Fewer bad answers within a minute tell nothing."""

SHARE: Final = 0.05
"""Nor does a smaller share of all answers."""

Labels = Mapping[str, str]


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
        self._answers = Growth(lambda: total(REQUESTS, _is_work))
        self._failed = Growth(lambda: total(REQUESTS, _is_failed))
        self._fast = Growth(lambda: total(SECONDS, _is_fast))
        self._measured = Growth(lambda: total(SECONDS, _is_counted))

    def failed_answers(self) -> float:
        """5xx within the minute, where they are more than a few and more than a small share."""
        return _if_many(self._failed(), self._answers())

    def slow_answers(self) -> float:
        """The same of those that took long."""
        measured = self._measured()
        return _if_many(measured - self._fast(), measured)


def kinds(metric: MetricWrapperBase, label: str) -> str:
    """The values of a label that were ever counted."""
    found = {
        sample.labels[label]
        for family in metric.collect()
        for sample in family.samples
        if _is_total(sample.name, sample.labels) and sample.value
    }
    return ", ".join(sorted(found))


def total(metric: MetricWrapperBase, wanted: Callable[[str, Labels], bool] | None = None) -> float:
    """The sum over all labels; `wanted` sees the sample's name and its labels."""
    return sum(
        sample.value
        for family in metric.collect()
        for sample in family.samples
        if (wanted or _is_total)(sample.name, sample.labels)
    )


def _if_many(bad: float, of: float) -> float:
    return bad if bad >= MANY and bad >= SHARE * of else 0.0


def _is_total(name: str, _: Labels) -> bool:
    return name.endswith("_total")


def _is_work(name: str, labels: Labels) -> bool:
    return _is_total(name, labels) and not labels["route"].startswith("/health")


def _is_failed(name: str, labels: Labels) -> bool:
    return _is_work(name, labels) and labels["status"].startswith("5")


def _is_counted(name: str, labels: Labels) -> bool:
    return name.endswith("_count") and not _is_stream(labels)


def _is_fast(name: str, labels: Labels) -> bool:
    return name.endswith("_bucket") and labels["le"] == str(SLOW_S) and not _is_stream(labels)


def _is_stream(labels: Labels) -> bool:
    """It is open as long as somebody watches."""
    return labels["route"].endswith("/events")
