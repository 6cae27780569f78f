"""How many deliveries this replica may have in flight at once."""

from collections.abc import Callable, Collection
from typing import Final

from notifier.domain.deliveries import Lease

RETRIES_ONE_IN: Final = 5
"""One slot in this many is not given to first tries, so that retries get on when all is busy."""


def for_first_tries(free: int) -> int:
    return free - free // RETRIES_ONE_IN


class Slots:
    """Who leases takes slots first and then fills them; each is given back when the result of its
    try is stored, so nothing piles up in memory. None are free while nobody sends."""

    def __init__(self) -> None:
        self.free = 0
        self._size = 0
        self._send: Callable[[Lease], object] | None = None

    def open(self, size: int, send: Callable[[Lease], object]) -> None:
        """From now on `send` is called with each lease."""
        self.free = self._size = size
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
        self.give_back(taken - len(leases))
        for lease in leases:
            self._send(lease)

    def give_back(self, count: int) -> None:
        self.free = min(self.free + count, self._size)
