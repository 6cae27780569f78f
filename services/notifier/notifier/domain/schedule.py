"""When a callback is tried again: sixteen tries over a week, never sooner than the app asks."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS_S: Final = (5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, *[86_400] * 6)
"""What is waited after the 1st, 2nd … 15th failed try; the 16th is the last."""

JITTER: Final = 0.2  # So that what failed together does not come back together.
RETRY_AFTER_LIMIT_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """`spread()` is uniform between -1 and 1, as `random.uniform` gives it."""

    spread: Callable[[], float]
    delays_s: tuple[float, ...] = DELAYS_S

    def next_delay_s(self, failed_tries: int, retry_after_s: float | None) -> float | None:
        """How long to wait after this many failed tries; None: that was the last one.

        The app's Retry-After (at most a day of it) is the least that is waited.
        """
        if failed_tries > len(self.delays_s):
            return None
        delay_s = self.delays_s[failed_tries - 1] * (1 + JITTER * self.spread())
        return max(delay_s, min(retry_after_s or 0.0, RETRY_AFTER_LIMIT_S))


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for; None for none, junk or the past.

    Takes seconds, also broken ones, and the three date forms of HTTP.
    Source: RFC 9110, 10.2.3 and 5.6.7
    """
    if header is None or len(header) > 64:
        return None
    seconds = _number(header)
    if seconds is None:
        seconds = _seconds_until(header, now)
    return seconds if seconds is not None and math.isfinite(seconds) and seconds > 0 else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seconds_until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000" and the asctime form: HTTP dates are always UTC
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
