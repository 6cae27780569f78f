"""Amounts and times as people read them."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from contracts.money import MINOR_DIGITS

BEIJING: Final = timezone(timedelta(hours=8))
_SIGNS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$"}
_FULL_WIDTH: Final = {0xFF01 + n: 0x21 + n for n in range(94)} | {ord("￥"): "¥"}
"""As Chinese input methods write digits, points and commas."""

_TYPED: Final = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]{1,3}))?")


def money(amount_minor: int, currency: str) -> str:
    """`¥1,234.50`; a currency without a known sign stands behind, a minus in front."""
    digits = MINOR_DIGITS.get(currency, 2)
    whole, minor = divmod(abs(amount_minor), 10**digits)
    number = f"{whole:,}.{minor:0{digits}d}" if digits else f"{whole:,}"
    minus = "-" if amount_minor < 0 else ""
    sign = _SIGNS.get(currency)
    return f"{minus}{sign}{number}" if sign else f"{minus}{number} {currency}"


def plain_amount(amount_minor: int, currency: str) -> str:
    """`1234.50`, as people type it."""
    digits = MINOR_DIGITS.get(currency, 2)
    return str(Decimal(amount_minor).scaleb(-digits))


def minor_units(text: str, currency: str) -> int | None:
    """What somebody typed as an amount; None for what is no amount of this currency.

    A comma parts thousands and nothing else: `1,5` is neither 15 nor one and a half. Yuan may be
    called so, and characters may be wide.
    """
    digits = MINOR_DIGITS.get(currency, 2)
    plain = without_yuan(text) if currency == "CNY" else text.strip().translate(_FULL_WIDTH)
    found = _TYPED.fullmatch(plain)
    if found is None:
        return None
    whole, minor = found.group(1).replace(",", ""), (found.group(2) or "").rstrip("0")
    if len(minor) > digits:
        return None
    return int(whole + minor.ljust(digits, "0"))


def without_yuan(text: str) -> str:
    """What stands between `¥` and 元."""
    return text.strip().translate(_FULL_WIDTH).removeprefix("¥").removesuffix("元").strip()


def minute(at: datetime) -> str:
    """Beijing time to the minute: `2026-11-22 16:00`."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def moment(at: datetime | None) -> str:
    """Beijing time to the second; a dash for what has not happened."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if at else "—"
