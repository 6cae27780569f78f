"""Fen and yuan, never through a float."""

import re

_YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)


def yuan(fen: int) -> str:
    """`1299` → `12.99`; negative amounts keep their sign in front."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text: object) -> int | None:
    """`"12.99"` (or the JSON number 12.99) → `1299`; None for what is no amount."""
    match = _YUAN.fullmatch(str(text))
    if match is None or isinstance(text, bool):
        return None
    whole, cents = match.groups()
    return int(whole) * 100 + int((cents or "").ljust(2, "0"))
