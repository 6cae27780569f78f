"""Endpoints: one address of one app, so that a dead one delays nobody else.

An endpoint has a cap on what is in flight (grown by successes, halved by failures) and a circuit
breaker. While it is held nothing is tried and no try is counted; after the hold a cap of one makes
the next try the single probe. An endpoint that has failed for days, or says that it is gone, is
suspended: its deliveries wait until a person, or a new address, resumes it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from notifier.domain.answers import AttemptResult
from notifier.domain.slots import for_one_app

START_CAP: Final = 4
MAX_CAP: Final = 32

STREAK_LIMIT: Final = 5
WINDOW_S: Final = 300
WINDOW_LEAST: Final = 10
WINDOW_RATIO: Final = 0.7
HOLDS_S: Final = (30, 60, 120, 300, 600)
UNSENDABLE_HOLD_S: Final = 60

SUSPEND_AFTER: Final = timedelta(days=5)
FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""Until then a suspended endpoint is held."""

CATCH_UP_PER_S: Final = 50
CATCH_UP_BURST_S: Final = 1.0

OWN_ADDRESS: Final = ""
"""The origin of the endpoint for an app's registered address, whatever it is at the moment."""


def origin_of(notify_url: str | None) -> str:
    """What names an endpoint within its app: host and port of an address given with the call."""
    if notify_url is None:
        return OWN_ADDRESS
    try:
        parts = urlsplit(notify_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "malformed"
    return f"{parts.hostname}:{port}"


def without_query(url: str | None) -> str | None:
    """As logs and messengers may have it: what the app knows its callers by may stand behind."""
    return url and url.partition("?")[0]


class Cause(StrEnum):
    """Why an endpoint was suspended."""

    GONE = "gone"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint fares. `trips`: how often it was held in a row; 0 when it is closed.

    `failing_since`: the first failure after the last success. `catching_up_since`: it came back
    then, and its backlog is sent at a rate that grows.
    """

    cap: int = START_CAP
    streak: int = 0
    trips: int = 0
    window_at: datetime | None = None
    window_total: int = 0
    window_failed: int = 0
    held_until: datetime | None = None
    failing_since: datetime | None = None
    suspended_at: datetime | None = None
    suspended_for: Cause | None = None
    catching_up_since: datetime | None = None

    def after(self, result: AttemptResult, now: datetime, *, leased_at: datetime) -> "Health":
        """The health after one more try, which was leased at that time."""
        came_back_at = self.catching_up_since
        if self.suspended_at is not None or (came_back_at and leased_at < came_back_at):
            return self  # it was sent before, and says nothing new
        if result is AttemptResult.UNSENDABLE:
            return replace(self, held_until=now + timedelta(seconds=UNSENDABLE_HOLD_S))
        if result is AttemptResult.ACCEPTED:
            return self._alive(now, cap=min(self.cap + 1, MAX_CAP), failing_since=None)
        if result is AttemptResult.GONE:
            return self._suspended(Cause.GONE, now)
        if self.failing_since is not None and now - self.failing_since >= SUSPEND_AFTER:
            return self._suspended(Cause.FAILING, now)
        return replace(self._after_failure(result, now), failing_since=self.failing_since or now)

    def _after_failure(self, result: AttemptResult, now: datetime) -> "Health":
        if result is AttemptResult.REFUSED:
            return self._alive(now, cap=self.cap, failing_since=self.failing_since)
        return self._failed(
            now, streak=self.streak + 1 if result is AttemptResult.UNREACHABLE else 0
        )

    def _alive(self, now: datetime, *, cap: int, failing_since: datetime | None) -> "Health":
        is_new = self._is_window_over(now)
        return Health(
            cap=cap,
            window_at=now if is_new else self.window_at,
            window_total=1 if is_new else self.window_total + 1,
            window_failed=0 if is_new else self.window_failed,
            failing_since=failing_since,
            catching_up_since=now if self.trips > 0 else self.catching_up_since,
        )

    def _failed(self, now: datetime, *, streak: int) -> "Health":
        if self.held_until is not None and self.held_until > now:
            return self  # it was sent before the breaker opened, and says nothing new
        seen = replace(
            self._counted_failed(now), cap=max(1, self.cap // 2), streak=streak, held_until=None
        )
        is_probe = self.trips > 0
        return seen._held(now) if is_probe or seen._is_broken() else seen

    def _counted_failed(self, now: datetime) -> "Health":
        if self._is_window_over(now):
            return replace(self, window_at=now, window_total=1, window_failed=1)
        return replace(
            self, window_total=self.window_total + 1, window_failed=self.window_failed + 1
        )

    def _is_window_over(self, now: datetime) -> bool:
        return self.window_at is None or now - self.window_at >= timedelta(seconds=WINDOW_S)

    def _is_broken(self) -> bool:
        return self.streak >= STREAK_LIMIT or (
            self.window_total >= WINDOW_LEAST
            and self.window_failed >= WINDOW_RATIO * self.window_total
        )

    def _held(self, now: datetime) -> "Health":
        hold_s = HOLDS_S[min(self.trips, len(HOLDS_S) - 1)]
        return Health(
            cap=1,
            trips=self.trips + 1,
            held_until=now + timedelta(seconds=hold_s),
            failing_since=self.failing_since,
        )

    def _suspended(self, cause: Cause, now: datetime) -> "Health":
        return Health(
            cap=1,
            held_until=FOREVER,
            failing_since=self.failing_since or now,
            suspended_at=now,
            suspended_for=cause,
        )


@dataclass(frozen=True, slots=True)
class Room:
    """How many more deliveries an endpoint may have in flight."""

    endpoint_id: int
    size: int
    app_id: str


def dealt_out(rooms: Sequence[Room], slots: int, held: Mapping[str, int]) -> list[Room]:
    """Deal out the sender's free slots: no endpoint gets more than an equal part of them, and no
    app, with those that it holds, more than are left. Who would get none is left out."""
    served = rooms[:slots]
    part = slots // max(1, len(served))
    holding, dealt = Counter(held), list[Room]()
    for room in served:
        size = min(room.size, part, for_one_app(slots, holding[room.app_id]))
        slots -= size
        holding[room.app_id] += size
        if size > 0:
            dealt.append(replace(room, size=size))
    return dealt


def allowance(catching_up_s: float | None, idle_s: float | None) -> int:
    """How many an endpoint may be given now; without a limit where it does not catch up.

    The rate begins at `CATCH_UP_PER_S` and grows by as much with every second, so that an address
    that has just come back is not knocked over, and yet a long backlog ends. `idle_s`: since it was
    given something the last time.
    """
    if catching_up_s is None:
        return MAX_CAP
    waited_s = CATCH_UP_BURST_S if idle_s is None else min(idle_s, CATCH_UP_BURST_S)
    return max(1, int(waited_s * CATCH_UP_PER_S * (1 + catching_up_s)))
