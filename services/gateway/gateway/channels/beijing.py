"""Time as the channels of China write it: Beijing time, eight hours ahead of UTC all year."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from gateway.channels.plugin import PayOrder

BEIJING: Final = timezone(timedelta(hours=8))

SHORTEST_LIFE: Final = timedelta(seconds=90)
"""WeChat Pay and Alipay refuse an expiry less than a minute ahead; half a minute for the way."""


def payable_until(order: PayOrder) -> datetime:
    """When the channel shall stop taking the payment; the same at each repeat of the call."""
    return max(order.expires_at, order.created_at + SHORTEST_LIFE)


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T08:00:00+08:00`."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def spaced(moment: datetime) -> str:
    """`2026-01-31 08:00:00`."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def compact(moment: datetime) -> str:
    """`20260131080000`."""
    return moment.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def read_rfc3339(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def read_spaced(text: str) -> datetime | None:
    """Also with the milliseconds that Alipay adds here and there."""
    return _read(text[:19], "%Y-%m-%d %H:%M:%S")


def read_compact(text: str) -> datetime | None:
    return _read(text, "%Y%m%d%H%M%S")


def _read(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
