"""Reading what a channel sent: exact JSON, and single values that may be absent or misshapen.

A value that is not of the expected shape reads as absent: what it means that it is missing is for
the operation to say, and that is never a yes.
"""

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from pydantic_core import from_json

from contracts.money import MINOR_DIGITS, Money
from gateway.channels.plugin import Unverifiable
from gateway.channels.texts import clean

UNREADABLE: Final = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError
)  # fmt: skip
"""What code raises that meets something of another shape than it expects."""


def json_object(raw: bytes) -> dict[str, Any]:
    """Decode a JSON object: UTF-8, no NaN, no half characters, nested 200 deep at most.

    Raises:
        Unverifiable: it is not one.
    """
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise Unverifiable("the body is not JSON") from error
    if not isinstance(value, dict):
        raise Unverifiable("the body is not a JSON object")
    return value


def json_text(value: Any) -> str:
    """Compact JSON, as it is signed and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text(content: Mapping[str, Any], *path: str) -> str:
    """The text at this path, clean (`texts`); "" where there is none."""
    value = _at(content, path)
    return clean(value) if isinstance(value, str) else ""


def whole(content: Mapping[str, Any], *path: str) -> int | None:
    """The whole number at this path; None where there is none."""
    value = _at(content, path)
    return value if type(value) is int else None


def minor_money(amount_minor: int | None, currency: str) -> Money | None:
    """An amount in minor units; None where it or its currency cannot be read."""
    if amount_minor is None or currency not in MINOR_DIGITS:
        return None
    return Money(amount_minor, currency)


def decimal_money(amount: str, currency: str) -> Money | None:
    """An amount in decimal text; None where it or its currency cannot be read."""
    try:
        return Money.from_decimal(amount, currency)
    except (ValueError, KeyError):
        return None


def rounded_minor(amount: str, currency: str) -> int:
    """Decimal text finer than the minor unit, to the nearest whole one; halves away from zero, so
    that what is given back in full undoes what was taken.

    Raises:
        Unverifiable: it cannot be read.
    """
    try:
        exact = Decimal(amount).scaleb(MINOR_DIGITS[currency])
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    except (ArithmeticError, ValueError) as error:
        raise Unverifiable("an amount that cannot be read") from error


def _at(content: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = content
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
