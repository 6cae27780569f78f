"""Forms of our page, as large as they ever are."""

from typing import Final

from fastapi import Request

from foundation import forms

LIMIT_BYTES: Final = 4_096
MAX_FIELDS: Final = 10


async def read_form(request: Request) -> dict[str, str]:
    """Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest."""
    return await forms.read_form(request, limit_bytes=LIMIT_BYTES, max_fields=MAX_FIELDS)
