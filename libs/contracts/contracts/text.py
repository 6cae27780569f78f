"""Strangers' text, made harmless where it enters (`strangers-text-stops-nothing`)."""

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""What no database keeps: NUL, and halves of characters (lone surrogates)."""


def clean(text: str, max_chars: int) -> str:
    """As it can be stored and shown: at most so long, with a mark where something was."""
    return _UNSTORABLE.sub("\ufffd", text)[:max_chars]
