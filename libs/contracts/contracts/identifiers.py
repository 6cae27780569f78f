"""The numbers by which things are known: a capital letter and a ULID, 27 characters.

A ULID is 48 bits of milliseconds and 80 random bits in Crockford's base 32, so numbers sort by
time, cannot be guessed, and fit every channel's rules (letters and digits, at most 32).
Source: github.com/ulid/spec
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Kind = Literal[
    "merchant",
    "app",
    "channel_account",
    "key",
    "order",
    "payment",
    "refund",
    "split",
    "event",
    "statement",
    "difference",
    "payment_link",
    "payers_order",
    "counter_code",
    "approval",
    "api_token",
    "export",
]

PREFIX: Final[dict[Kind, str]] = {
    "merchant": "M",
    "app": "A",
    "channel_account": "C",
    "key": "K",
    "order": "O",
    "payment": "P",
    "refund": "R",
    "split": "S",
    "event": "E",
    "statement": "B",
    "difference": "D",
    "payment_link": "L",
    "payers_order": "Q",
    "counter_code": "F",
    "approval": "V",
    "api_token": "T",
    "export": "X",
}

ULID_LENGTH: Final = 26

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as `int` reads base 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_DIGIT_OF_BYTE = bytes(ord(_ALPHABET[byte % 32]) for byte in range(256))


def new_id(kind: Kind) -> str:
    """A fresh number of this kind; unique without asking anybody."""
    return PREFIX[kind] + _digits_of(time.time_ns() // 1_000_000) + _random_digits()


def is_id(kind: Kind, text: str) -> bool:
    """Whether the text has the form of such a number (it need not exist)."""
    return len(text) == 27 and text[0] == PREFIX[kind] and all(c in _ALPHABET for c in text[1:])


def made_at(number: str) -> datetime:
    """When such a number (`is_id`) was made, to the millisecond.

    Raises:
        OverflowError: after the year 9999, so nobody made it.
    """
    return _EPOCH + timedelta(milliseconds=int(number[1:11].translate(_DIGITS), 32))


def earliest(kind: Kind, at: datetime) -> str:
    """The smallest number of this kind that is made at this time, or later."""
    milliseconds = max((at - _EPOCH) // timedelta(milliseconds=1), 0)
    return PREFIX[kind] + _digits_of(milliseconds) + "0" * 16


def _digits_of(milliseconds: int) -> str:
    # Five groups of ten bits: half as many steps as digit by digit.
    return "".join([_PAIRS[milliseconds >> shift & 1023] for shift in (40, 30, 20, 10, 0)])


def _random_digits() -> str:
    # Sixteen bytes, of each of which five bits count: one step for all.
    return secrets.randbits(128).to_bytes(16).translate(_DIGIT_OF_BYTE).decode()
