"""Certificates have an end, and people hear of it in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

TOLD_DAYS: Final = (0, 1, 7, 30)
"""Before the end; 0 is the day itself, and after it."""

_MARK: Final = "BEGIN CERTIFICATE"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that is watched: `owner` and `name` say where it was entered."""

    owner: str
    name: str
    ends_at: datetime
    merchant_id: str | None = None


def days_to_tell(ends_at: datetime, now: datetime) -> int | None:
    """Which of the days has come, the nearest to the end; None while the end is far."""
    left = ends_at - now
    return next((days for days in TOLD_DAYS if left <= timedelta(days=days)), None)


def end_of(pem: str) -> datetime | None:
    """When the last certificate in the text ends; None where there is none, or none readable.

    The last, because a bundle of roots may keep old ones beside those that are in use.
    """
    if _MARK not in pem:
        return None
    return max(_ends(pem), default=None)


def _ends(pem: str) -> Iterable[datetime]:
    try:
        return [each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem.encode())]
    except ValueError:
        return []
