"""What a payer enters as an amount."""

import re
from typing import Final

from contracts.money import MINOR_DIGITS

_NUMBER: Final = re.compile(r"(\d{1,10})(?:\.(\d{1,3}))?", re.ASCII)


def find_amount(text: str, currency: str) -> int | None:
    """Minor units of `12.5` or `12.50`; None for what is no amount of this currency."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    digits = MINOR_DIGITS.get(currency, 2)
    whole, minor = found.group(1), found.group(2) or ""
    if len(minor) > digits:
        return None
    return int(whole + minor.ljust(digits, "0"))
