"""Strangers' text, made harmless where it enters (`strangers-text-stops-nothing`)."""

import json
import re
from typing import Final

from pydantic import JsonValue

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""What no database keeps: NUL, and halves of characters (lone surrogates)."""

_ESCAPED: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""How JSON writes these, and whole characters as well."""


def clean(text: str, max_chars: int) -> str:
    """As it can be stored and shown: at most so long, with a mark where something was."""
    return _UNSTORABLE.sub("\ufffd", text)[:max_chars]


def storable(text: str) -> str:
    """The text itself. Raises ValueError for one that no database keeps; for pydantic models."""
    if _UNSTORABLE.search(text):
        raise ValueError("must not contain the character NUL")
    return text


def clean_json(value: bytes) -> bytes:
    """The same JSON with all its texts as they can be stored. Raises ValueError for no JSON."""
    if not _ESCAPED.search(value):
        return value
    return json.dumps(_clean(json.loads(value)), ensure_ascii=False).encode()


def _clean(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case list():
            return [_clean(one) for one in value]
        case dict():
            return {_UNSTORABLE.sub("\ufffd", name): _clean(one) for name, one in value.items()}
        case _:
            return value
