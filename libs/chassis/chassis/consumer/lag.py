"""How far a consumer is behind, by the partition that is furthest: one that stands still is not
hidden by its neighbours, which go on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

P = TypeVar("P")


def _now_ms() -> float:
    return time.time() * 1000


@dataclass(slots=True)
class Lag(Generic[P]):
    """`records`: how many are not applied yet, of all partitions. Of each partition it knows the
    time of the last record that was applied, or when nothing waited there last, or since when it is
    this member's."""

    records: int = 0
    _known_ms: dict[P, float] = field(default_factory=dict)
    _behind: frozenset[P] = frozenset()

    def applied(self, partition: P, at_ms: float) -> None:
        self._known_ms[partition] = at_ms

    def measure(self, waiting: Mapping[P, int], now_ms: float | None = None) -> None:
        """`waiting`: of the partitions that are this member's now, the records not applied yet."""
        now_ms = _now_ms() if now_ms is None else now_ms
        self.records = sum(waiting.values())
        self._behind = frozenset(each for each, count in waiting.items() if count)
        self._known_ms = {
            each: self._known_ms.get(each, now_ms) if count else now_ms
            for each, count in waiting.items()
        }

    def age_s(self, now_ms: float | None = None) -> float:
        """0 while nothing waits."""
        now_ms = _now_ms() if now_ms is None else now_ms
        since_ms = min((self._known_ms[each] for each in self._behind), default=now_ms)
        return max(0.0, now_ms - since_ms) / 1000
