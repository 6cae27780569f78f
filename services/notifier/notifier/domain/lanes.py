"""Lanes: one address of one app, so that a dead one delays nobody else.

A lane has a cap on what is in flight (grown by successes, halved by failures) and a circuit
breaker. While it is held nothing is tried and no try is counted; after the hold a cap of one makes
the next try the single probe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never
from urllib.parse import urlsplit

from notifier.domain.answers import Verdict

START_CAP: Final = 4
MAX_CAP: Final = 32

STREAK_LIMIT: Final = 5
WINDOW_S: Final = 300
WINDOW_LEAST: Final = 10
WINDOW_SHARE: Final = 0.7
HOLDS_S: Final = (30, 60, 120, 300, 600)
UNSENDABLE_HOLD_S: Final = 60

OWN_ADDRESS: Final = ""
"""The origin of the lane for an app's registered address, whatever it is at the moment."""


def origin_of(notify_url: str | None) -> str:
    """What names a lane within its app: host and port of an address given with the call."""
    if notify_url is None:
        return OWN_ADDRESS
    try:
        parts = urlsplit(notify_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "malformed"
    return f"{parts.hostname}:{port}"


@dataclass(frozen=True, slots=True)
class Health:
    """How a lane fares. `trips`: how often it was held in a row; 0 when it is closed."""

    cap: int = START_CAP
    streak: int = 0
    trips: int = 0
    window_at: datetime | None = None
    window_total: int = 0
    window_failed: int = 0
    held_until: datetime | None = None

    def after(self, verdict: Verdict, now: datetime) -> "Health":
        match verdict:
            case Verdict.ACCEPTED:
                return self._alive(now, cap=min(self.cap + 1, MAX_CAP))
            case Verdict.REFUSED:
                return self._alive(now, cap=self.cap)
            case Verdict.FAILING:
                return self._failed(now, streak=0)
            case Verdict.UNREACHABLE:
                return self._failed(now, streak=self.streak + 1)
            case Verdict.UNSENDABLE:
                return replace(self, held_until=now + timedelta(seconds=UNSENDABLE_HOLD_S))
        assert_never(verdict)

    def _alive(self, now: datetime, *, cap: int) -> "Health":
        return replace(self._counted(now, failed=0), cap=cap, streak=0, trips=0, held_until=None)

    def _failed(self, now: datetime, *, streak: int) -> "Health":
        if self.held_until is not None and self.held_until > now:
            return self  # it was sent before the breaker opened, and says nothing new
        seen = replace(
            self._counted(now, failed=1), cap=max(1, self.cap // 2), streak=streak, held_until=None
        )
        is_probe = self.trips > 0
        return seen._held(now) if is_probe or seen._is_broken() else seen

    def _counted(self, now: datetime, *, failed: int) -> "Health":
        if self.window_at is None or now - self.window_at >= timedelta(seconds=WINDOW_S):
            return replace(self, window_at=now, window_total=1, window_failed=failed)
        return replace(
            self,
            window_total=self.window_total + 1,
            window_failed=self.window_failed + failed,
        )

    def _is_broken(self) -> bool:
        return self.streak >= STREAK_LIMIT or (
            self.window_total >= WINDOW_LEAST
            and self.window_failed >= WINDOW_SHARE * self.window_total
        )

    def _held(self, now: datetime) -> "Health":
        hold_s = HOLDS_S[min(self.trips, len(HOLDS_S) - 1)]
        return Health(cap=1, trips=self.trips + 1, held_until=now + timedelta(seconds=hold_s))


@dataclass(frozen=True, slots=True)
class Room:
    """How many more deliveries a lane may have in flight."""

    lane_id: int
    size: int


def share(rooms: Sequence[Room], slots: int) -> list[Room]:
    """Deal out the sender's free slots: no lane gets more than an equal part of them."""
    served = rooms[:slots]
    part = slots // max(1, len(served))
    return [Room(room.lane_id, min(room.size, part)) for room in served]
