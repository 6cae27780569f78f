"""Alerts with one key are one incident: told soon, then with a count and not too often."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from pydantic import JsonValue

from contracts.events.alerts import Alert, Severity
from notifier.domain.routes import CENTRE

GATHER: Final = timedelta(seconds=2)
"""What is new waits this long for company."""

REPEAT: Final = {
    Severity.CRITICAL: timedelta(minutes=5),
    Severity.WARNING: timedelta(minutes=30),
    Severity.INFO: timedelta(hours=6),
}
"""An incident that goes on is told again after this."""

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""An incident that was quiet for so long and comes again is a new one."""

BY_URGENCY: Final = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of each day, perhaps over midnight, in which only what is critical is told."""

    begin: time
    end: time
    zone: tzinfo

    def after(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours that it falls into."""
        local = moment.astimezone(self.zone)
        now, is_overnight = local.time(), self.begin > self.end
        is_quiet = (
            (now >= self.begin or now < self.end) if is_overnight else self.begin <= now < self.end
        )
        if not is_quiet:
            return moment
        day = local.date() + timedelta(days=is_overnight and now >= self.begin)
        return datetime.combine(day, self.end, self.zone)


@dataclass(frozen=True, slots=True)
class Incident:
    """`total` counts since `first_at`, `untold` since people were told. They know it all
    where `due_at` is None. `route`: who they are; each route has its own count."""

    key: str
    severity: Severity
    title: str
    detail: str
    merchant_id: str | None
    facts: Mapping[str, JsonValue]
    first_at: datetime
    last_at: datetime
    total: int
    untold: int
    told_at: datetime | None
    due_at: datetime | None
    route: str = CENTRE


def raised(
    known: Incident | None, alert: Alert, at: datetime, now: datetime, quiet: QuietHours | None
) -> Incident:
    """The incident as it is after one more alert; the latest words stand."""
    if known is not None and known.due_at is None and at - known.last_at >= FORGOTTEN_AFTER:
        known = None
    if known is None:
        return _incident(alert, at, _due_at(alert.severity, now + GATHER, quiet))
    is_worse = BY_URGENCY.index(alert.severity) < BY_URGENCY.index(known.severity)
    due_at = known.due_at
    if due_at is None or is_worse:
        told_at = None if is_worse else known.told_at
        earliest = max(now + GATHER, told_at + REPEAT[alert.severity] if told_at else now)
        due_at = _due_at(alert.severity, earliest, quiet)
    return replace(
        _incident(alert, at, due_at),
        first_at=known.first_at,
        last_at=max(at, known.last_at),
        total=known.total + 1,
        untold=known.untold + 1,
        told_at=known.told_at,
    )


def _incident(alert: Alert, at: datetime, due_at: datetime) -> Incident:
    return Incident(
        key=alert.key,
        severity=alert.severity,
        title=alert.title,
        detail=alert.detail,
        merchant_id=alert.merchant_id,
        facts=alert.facts,
        first_at=at,
        last_at=at,
        total=1,
        untold=1,
        told_at=None,
        due_at=due_at,
    )


def _due_at(severity: Severity, moment: datetime, quiet: QuietHours | None) -> datetime:
    if severity is Severity.CRITICAL or quiet is None:
        return moment
    return quiet.after(moment)
