"""So many a second, and a few at once: of a whole replica, or of each name."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final

MAX_NAMES: Final = 20_000


class Allowance:
    """`clock` answers seconds that only rise."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._left, self._at = burst, clock()

    def take(self) -> bool:
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Allowances:
    """One allowance for each name; who was not here for longest is forgotten first."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._make = partial(Allowance, per_s, burst, clock)
        self._by_name: OrderedDict[str, Allowance] = OrderedDict()

    def take(self, name: str) -> bool:
        allowance = self._by_name.setdefault(name, self._make())
        self._by_name.move_to_end(name)
        if len(self._by_name) > MAX_NAMES:
            self._by_name.popitem(last=False)
        return allowance.take()
