"""How often signatures fail: a few are a clock or a typo, many are a broken app or an attack."""

from collections import deque
from typing import Final

WINDOW_S: Final = 60.0


class FailureRate:
    """Counts within a minute that slides. `limit`: so many are worth telling people of."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: deque[float] = deque(maxlen=limit)
        self._is_reported = False

    def note(self, now_s: float) -> bool:
        """One more failure; True when people should hear of it: once, and again when it comes back
        after the rate had fallen to half of the limit."""
        while self._times and now_s - self._times[0] >= WINDOW_S:
            self._times.popleft()
        if len(self._times) <= self._limit // 2:
            self._is_reported = False
        self._times.append(now_s)
        if self._is_reported or len(self._times) < self._limit:
            return False
        self._is_reported = True
        return True
