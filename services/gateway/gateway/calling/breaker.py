"""A circuit breaker: a channel account that does not answer is left alone for a while."""

from collections.abc import Callable
from typing import Final

THRESHOLD: Final = 20
"""So many transport failures in a row: no hiccup, and soon reached where calls pile up."""

FIRST_OPEN_S: Final = 2.0
MAX_OPEN_S: Final = 30.0


class Breaker:
    """Closed, open after `THRESHOLD` failures in a row, then half-open: one probe at a time.

    Ask `admits` before a call and report how it ended. A probe that never reports counts as
    failed when the next one is due.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures = 0
        self._open_s = FIRST_OPEN_S
        self._closed_at = 0.0
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        return self._failures >= THRESHOLD

    def admits(self) -> bool:
        """Whether a call may go out now; where the breaker is open, one True makes the probe."""
        if not self.is_open:
            return True
        now = self._clock()
        if now < self._closed_at:
            return False
        self._is_probing = True
        self._closed_at = now + self._open_s
        return True

    def succeeded(self) -> None:
        """The channel answered, whatever it said."""
        self._failures = 0
        self._open_s = FIRST_OPEN_S
        self._is_probing = False

    def failed(self) -> None:
        """The channel could not be reached or did not answer."""
        self._failures += 1
        if self._failures == THRESHOLD:
            self._open()
        elif self._is_probing:
            self._open_s = min(self._open_s * 2, MAX_OPEN_S)
            self._open()

    def _open(self) -> None:
        self._is_probing = False
        self._closed_at = self._clock() + self._open_s
