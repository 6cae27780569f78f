"""Fen and yuan, and other currencies by their digits, never through a float."""

import re

_YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)

WHOLE = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
     "xof", "xpf"]
)  # fmt: skip
THOUSANDTHS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
"""Currencies without decimals, and with three; all others have two."""


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


def shown(amount: int, currency: str) -> str:
    """`JPY 1,000`, `KWD 1.250`: for the payer's page."""
    digits = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    whole, minor = divmod(amount, 10**digits)
    decimals = f".{minor:0{digits}d}" if digits else ""
    return f"{currency.upper()} {whole:,}{decimals}"
