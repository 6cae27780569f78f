"""How channels write things, and how we read and write them so: JSON, single values, money, text
that is too long, and time, which is Beijing's, eight hours ahead of UTC all year.

A value that is not of the expected shape reads as absent: what it means that it is missing is for
the operation to say, and that is never a yes.
"""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from pydantic_core import from_json

from contracts import payable
from contracts.money import MINOR_DIGITS, Money
from gateway.channels.plugin import PayOrder, Trade, Unverifiable, clean

UNREADABLE: Final = (
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError
)  # fmt: skip
"""What code raises that meets something of another shape than it expects."""

BEIJING: Final = timezone(timedelta(hours=8))

_JOINER: Final = "\u200d"
_SKIN_TONES: Final = ("\U0001f3fb", "\U0001f3ff")
_FLAG_LETTERS: Final = ("\U0001f1e6", "\U0001f1ff")
_TAGS: Final = ("\U000e0020", "\U000e007f")


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
    """The text at this path, clean; "" where there is none."""
    value = _at(content, path)
    return clean(value) if isinstance(value, str) else ""


def text_or_digits(content: Mapping[str, Any], *path: str) -> str:
    """As `text`; of a whole number that stands there without quotes, its digits. For codes and
    numbers that begin with no zero, which a number would have lost."""
    value = _at(content, path)
    return str(value) if type(value) is int and value >= 0 else text(content, *path)


def whole(content: Mapping[str, Any], *path: str) -> int | None:
    """The whole number at this path, also where it stands as its digits; None where there is
    none."""
    value = _at(content, path)
    return value if type(value) is int else digits(value)


def digits(value: object) -> int | None:
    """A whole number that stands as one or as its digits; None for anything else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() else None
    return value if type(value) is int and value >= 0 else None


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


def read_seconds(at: float) -> datetime:
    """Of Unix time. Raises Unverifiable for a moment that no calendar has."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unverifiable("a time that cannot be read") from error


def exact_minor(amount: str, currency: str) -> Decimal:
    """Decimal text in minor units, also where it is finer than these.

    Raises:
        Unverifiable: it cannot be read.
    """
    try:
        exact = Decimal(amount).scaleb(MINOR_DIGITS[currency])
        rounded(exact)
    except (ArithmeticError, ValueError) as error:
        raise Unverifiable("an amount that cannot be read") from error
    return exact


def rounded_minor(amount: str, currency: str) -> int:
    """As `exact_minor`, to the nearest whole one."""
    return rounded(exact_minor(amount, currency))


def finer(exact: Decimal) -> Decimal | None:
    """What is finer than the minor unit; None for what is whole."""
    return exact if exact % 1 else None


def rounded(exact: Decimal) -> int:
    """To the nearest whole one; halves away from zero, so that what is given back in full undoes
    what was taken."""
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def cut_to_bytes(text: str, limit_bytes: int) -> str:
    """As much of the text as fits into so many bytes of UTF-8 and ends between two graphemes."""
    raw = text.encode(errors="replace")
    if len(raw) <= limit_bytes:
        return text
    return _without_broken_end(text, len(raw[:limit_bytes].decode(errors="ignore")))


def cut_to_characters(text: str, limit: int) -> str:
    """As much of the text as has so many characters (code points) and ends between two
    graphemes."""
    return text if len(text) <= limit else _without_broken_end(text, limit)


def payable_until(order: PayOrder | Trade) -> datetime:
    """When the channel shall stop taking the payment; the same at each repeat of the call."""
    begun_at = order.initiated_at or order.created_at  # one file less to enter
    return payable.payable_until(begun_at, order.expires_at)


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
    return _read_time(text[:19], "%Y-%m-%d %H:%M:%S")


def read_compact(text: str) -> datetime | None:
    return _read_time(text, "%Y%m%d%H%M%S")


def _at(content: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value = content.get(path[0])
    for name in path[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _read_time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _without_broken_end(text: str, end: int) -> str:
    """What a reader sees as one character stays whole or goes: accents, flags, joined emoji."""
    at = end
    while at > 0 and _belongs_together(text, at):
        at -= 1
    return text[: at or end]


def _belongs_together(text: str, at: int) -> bool:
    """Whether no grapheme ends before position `at`."""
    before, after = text[at - 1], text[at]
    if after == _JOINER or before == _JOINER or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return True
    if _SKIN_TONES[0] <= after <= _SKIN_TONES[1] or _TAGS[0] <= after <= _TAGS[1]:
        return True
    if _is_flag_letter(before) and _is_flag_letter(after):
        return _flag_letters_before(text, at) % 2 == 1
    return _is_jamo(before) and _is_jamo(after)


def _is_flag_letter(character: str) -> bool:
    return _FLAG_LETTERS[0] <= character <= _FLAG_LETTERS[1]


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return at - start


def _is_jamo(character: str) -> bool:
    """A part of a Korean syllable that is written letter by letter."""
    return "\u1100" <= character <= "\u11ff"
