"""How values look to people."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from contracts.money import MINOR_DIGITS

BEIJING: Final = timezone(timedelta(hours=8))
_SIGNS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$"}


def money(amount_minor: int, currency: str) -> str:
    """`¥1,234.50`; a currency without a known sign stands behind."""
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
    """What somebody typed as an amount; None for what is no amount of this currency."""
    digits = MINOR_DIGITS.get(currency, 2)
    found = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]{1,3}))?", text.replace(",", "").strip())
    if found is None:
        return None
    whole, minor = found.group(1), (found.group(2) or "").rstrip("0")
    if len(minor) > digits:
        return None
    return int(whole + minor.ljust(digits, "0"))


def raw(value: bytes) -> str:
    """Bytes of unknown origin as one can read them; what is no text, or reorders it, is `�`."""
    text = value.decode(errors="replace")
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text)


def moment(at: datetime | None) -> str:
    """Beijing time to the second; a dash for what has not happened."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S") if at else "—"
