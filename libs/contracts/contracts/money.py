"""Money is a whole number of minor units (分) and an ISO 4217 code; a float cannot enter."""

from dataclasses import dataclass
from typing import Final

MINOR_DIGITS: Final[dict[str, int]] = {
    "CNY": 2, "HKD": 2, "MOP": 2, "TWD": 2, "USD": 2, "EUR": 2, "GBP": 2, "SGD": 2, "AUD": 2,
    "CAD": 2, "CHF": 2, "NZD": 2, "THB": 2, "MYR": 2, "HUF": 2,
    "JPY": 0, "KRW": 0, "VND": 0, "ISK": 0, "UGX": 0, "KWD": 3, "BHD": 3, "JOD": 3, "OMR": 3,
    "TND": 3,
}  # fmt: skip
"""Currencies the centre knows, with the digits behind the point (ISO 4217)."""

MAX_AMOUNT: Final = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units: `Money(1299, "CNY")` is 12.99 yuan."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount_minor) is not int:
            raise TypeError(f"money is a whole number of minor units, not {self.amount_minor!r}")
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency}"

    def decimal(self) -> str:
        """The decimal text that channels and people read: `12.99`."""
        digits = MINOR_DIGITS[self.currency]
        sign = "-" if self.amount_minor < 0 else ""
        whole, minor = divmod(abs(self.amount_minor), 10**digits)
        return f"{sign}{whole}.{minor:0{digits}d}" if digits else f"{sign}{whole}"

    @classmethod
    def from_decimal(cls, text: str, currency: str) -> "Money":
        """Read decimal text exactly.

        Raises:
            ValueError: not a plain decimal number, or finer than the currency's minor unit.
        """
        digits = MINOR_DIGITS[currency]
        whole, _, minor = text.removeprefix("-").partition(".")
        if not (whole + minor).isascii() or not whole.isdigit() or not (minor or "0").isdigit():
            raise ValueError(f"not a decimal amount: {text!r}")
        if len(minor.rstrip("0")) > digits:
            raise ValueError(f"finer than the minor unit of {currency}: {text!r}")
        amount = int(whole) * 10**digits + int(minor[:digits].ljust(digits, "0") or "0")
        return cls(-amount if text.startswith("-") else amount, currency)
