"""How many of what in how long, and what it cost."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.cpu import seconds_of, spent


@dataclass(slots=True)
class Tally:
    """`cpu_s`: by the name of the program."""

    count: int = 0
    seconds: float = 0.0
    cpu_s: dict[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        names = {**self.cpu_s, **other.cpu_s}
        return Tally(
            self.count + other.count,
            self.seconds + other.seconds,
            {name: self.cpu_s.get(name, 0) + other.cpu_s.get(name, 0) for name in names},
        )

    def cpu_in_words(self) -> str:
        parts = (f"{name} {1e6 * s / max(1, self.count):.0f}" for name, s in self.cpu_s.items())
        return ", ".join(parts)


class Meter:
    """Measures this process, PostgreSQL, and whoever else is named."""

    def __init__(self, postgresql: int, **others: int) -> None:
        self._pids: Mapping[str, int] = {"python": os.getpid(), "postgresql": postgresql, **others}

    @contextmanager
    def counting(self, tally: Tally) -> Iterator[None]:
        """Adds time and CPU of the block; what was counted is added by the block."""
        begun, before = time.perf_counter(), seconds_of(self._pids)
        yield
        after = seconds_of(self._pids)
        tally.seconds += time.perf_counter() - begun
        tally.cpu_s = (tally + Tally(cpu_s=spent(before, after))).cpu_s
