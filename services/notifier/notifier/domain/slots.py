"""How many deliveries this replica may have in flight at once."""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Final

from notifier.domain.deliveries import Lease

RETRIES_ONE_IN: Final = 5
"""One slot in this many is not given to first tries, so that retries get on when all is busy."""


def for_first_tries(free: int) -> int:
    return free - free // RETRIES_ONE_IN


def for_one_app(free: int, held: int) -> int:
    """How many more an app may have that holds some: none holds more than are left free, so that
    however many servers of an app hang, the others' callbacks go on."""
    return max(0, (free - held + 1) // 2)


class Slots:
    """Who leases takes slots first and then fills them; each is given back when the result of its
    try is stored, so nothing piles up in memory. None are free while nobody sends.

    `held`: how many each app has. `held_back`: the apps that may have more that waits for nothing
    but a slot of theirs.
    """

    def __init__(self) -> None:
        self.free = 0
        self.held: Counter[str] = Counter()
        self.held_back: set[str] = set()
        self._size = 0
        self._send: Callable[[Lease], object] | None = None

    def open(self, size: int, send: Callable[[Lease], object]) -> None:
        """From now on `send` is called with each lease."""
        self.free = self._size = size
        self.held.clear()
        self._send = send

    def close(self) -> None:
        """Nothing more is sent. What somebody is just leasing is left to its lease."""
        self.free = self._size = 0
        self._send = None

    @property
    def in_flight(self) -> int:
        return self._size - self.free

    def take(self, most: int) -> int:
        """Take as many as there are, at most these; answers how many."""
        taken = min(most, self.free)
        self.free -= taken
        return taken

    def fill(self, taken: int, leases: Collection[Lease]) -> None:
        """Send these in the slots that were taken, and give the rest back."""
        if self._send is None:
            return
        self._freed(taken - len(leases))
        for lease in leases:
            self.held[lease.app_id] += 1
            self._send(lease)

    def give_back(self, leases: Collection[Lease]) -> bool:
        """Those of these leases; whether an app that was held back may have more now."""
        self._freed(len(leases))
        apps = Counter(lease.app_id for lease in leases)
        self.held -= apps  # which forgets those that hold none
        is_awaited = not self.held_back.isdisjoint(apps)
        self.held_back -= apps.keys()
        return is_awaited

    def _freed(self, count: int) -> None:
        self.free = min(self.free + count, self._size)
