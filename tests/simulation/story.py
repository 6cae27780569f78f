"""What happened in a run, step by step, for whoever must understand it."""

import hashlib
from collections.abc import Callable


class Story:
    """Lines in the order in which things happened. Two runs of one seed tell the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lines: list[tuple[float, str, str, tuple[str, ...]]] = []

    def __len__(self) -> int:
        return len(self._lines)

    def tell(self, who: str, what: str, *facts: object) -> None:
        self._lines.append((self._clock(), who, what, tuple(map(str, facts))))

    def lines(self) -> list[str]:
        return [
            f"{at:12.4f}  {who:<12} {what} {' '.join(facts)}".rstrip()
            for at, who, what, facts in self._lines
        ]

    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()[:16]
