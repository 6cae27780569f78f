"""Times as the third parties write them: Beijing time on the wire, UTC in the control API."""

import time
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
DAY_S = 86_400


def now() -> float:
    """Unix seconds."""
    return time.time()


def beijing_rfc3339(at: float) -> str:
    """`2026-11-22T10:00:00+08:00`."""
    return datetime.fromtimestamp(at, BEIJING).isoformat(timespec="seconds")


def beijing_text(at: float) -> str:
    """`2026-11-22 10:00:00`."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def beijing_date(at: float) -> str:
    """`2026-11-22`."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d")


def beijing_compact(at: float) -> str:
    """`20261122100000`."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y%m%d%H%M%S")


def utc_rfc3339(at: float) -> str:
    """`2026-11-22T02:00:00.123Z`."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read_rfc3339(text: str) -> float:
    """Unix seconds of a time with a zone; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return moment.timestamp()


def read_beijing_text(text: str) -> float:
    """Unix seconds of `yyyy-MM-dd HH:mm:ss`; ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()


def read_beijing_day(text: str) -> tuple[float, float]:
    """First and one-past-last second of the day `yyyy-MM-dd`; ValueError for anything else."""
    first = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=BEIJING).timestamp()
    return first, first + DAY_S
