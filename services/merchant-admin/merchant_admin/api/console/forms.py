"""What people type into forms and search fields."""

import re
from typing import Final

from fastapi import Request

from foundation import forms

LIMIT_BYTES: Final = 32_768
"""The longest form has an allow-list of 8,000 characters, ids of merchants and an address in it."""

MAX_FIELDS: Final = 20
MAX_TYPED_CHARS: Final = 128


async def read_form(request: Request) -> dict[str, str]:
    """Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest."""
    return await forms.read_form(request, limit_bytes=LIMIT_BYTES, max_fields=MAX_FIELDS)


def whole_number(text: str) -> int | None:
    """The number in a hidden field; None, which no model takes for one, where there is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def typed(text: str) -> str:
    """What somebody typed into a search field, as it can be looked for."""
    return text.replace("\0", "").strip()[:MAX_TYPED_CHARS]
