"""How values look to payers."""

from datetime import datetime, timedelta, timezone
from typing import Final

from contracts.money import MINOR_DIGITS

BEIJING: Final = timezone(timedelta(hours=8))
_SIGNS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$"}


def money(amount_minor: int, currency: str) -> str:
    """`¥1,234.50`; a currency without a known sign stands behind."""
    digits = MINOR_DIGITS.get(currency, 2)
    whole, minor = divmod(amount_minor, 10**digits)
    number = f"{whole:,}.{minor:0{digits}d}" if digits else f"{whole:,}"
    sign = _SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{number} {currency}"


def minute(at: datetime) -> str:
    """Beijing time to the minute."""
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
