"""Certificates have an end, and people hear of it in time."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import Gauge
from pydantic import JsonValue

from contracts.events.alerts import Alert, Severity
from contracts.identifiers import is_id
from contracts.pem import read_certificates

ALERT_DAYS: Final = (0, 1, 7, 30)
"""Before the end; 0 is the day itself, and after it."""

DAYS: Final = Gauge("paymesh_certificate_days", "Days until the next of all certificates ends")
DAYS.set(math.inf)

_MARK: Final = "BEGIN CERTIFICATE"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that is watched: `owner` and `name` say where it was entered."""

    owner: str
    name: str
    ends_at: datetime
    merchant_id: str | None = None


class Expiries:
    """What people were told already: each of the days once. A replica that starts tells again,
    which the alert's key makes one and the same."""

    def __init__(self) -> None:
        self._alerted: set[tuple[str, datetime, int]] = set()

    def copy(self) -> "Expiries":
        """For whoever is not sure that people will be told."""
        other = Expiries()
        other._alerted = set(self._alerted)
        return other

    def alerts(self, certificates: Iterable[Certificate], now: datetime) -> Iterator[Alert]:
        """Those that are due and new; the next end of all is measured."""
        next_days = math.inf
        for each in certificates:
            next_days = min(next_days, (each.ends_at - now) / timedelta(days=1))
            days = days_to_tell(each.ends_at, now)
            mark = (f"{each.owner}:{each.name}", each.ends_at, -1 if days is None else days)
            if days is not None and mark not in self._alerted:
                self._alerted.add(mark)
                yield _ending(each, days, now)
        DAYS.set(next_days)


def days_to_tell(ends_at: datetime, now: datetime) -> int | None:
    """Which of the days has come, the nearest to the end; None while the end is far."""
    left = ends_at - now
    return next((days for days in ALERT_DAYS if left <= timedelta(days=days)), None)


def end_of(pem: str) -> datetime | None:
    """When the last certificate in the text ends; None where there is none, or none readable.

    The last, because a bundle of roots may keep old ones beside those that are in use.
    """
    if _MARK not in pem:
        return None
    return max(_ends(pem), default=None)


def _ends(pem: str) -> Iterable[datetime]:
    try:
        return [each.not_valid_after_utc for each in read_certificates(pem)]
    except ValueError:
        return []


def _ending(certificate: Certificate, days: int, now: datetime) -> Alert:
    when = f"{certificate.ends_at:%Y-%m-%d %H:%M} UTC"
    has_ended = certificate.ends_at <= now
    facts: dict[str, JsonValue] = {"ends_at": certificate.ends_at.isoformat()}
    if is_id("app", certificate.owner):
        facts["app_id"] = certificate.owner
    return Alert(
        key=f"certificate:{certificate.owner}:{certificate.name}:{days}",
        severity=Severity.CRITICAL if days <= 1 else Severity.WARNING,
        title="A certificate has ended" if has_ended else "A certificate ends soon",
        detail=f"{certificate.name} of {certificate.owner} ends at {when}.",
        merchant_id=certificate.merchant_id,
        facts=facts,
    )
