"""What people type: HTML forms (`application/x-www-form-urlencoded`), and search fields."""

import re
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from chassis.problems import UnsupportedMediaType
from chassis.web import read_body
from merchant_admin.domain.errors import Unusable

LIMIT_BYTES: Final = 8_192
MAX_FIELDS: Final = 20
MAX_TYPED_CHARS: Final = 128


async def read_form(request: Request) -> dict[str, str]:
    """The fields; of a doubled one the last.

    Raises UnsupportedMediaType, BodyTooLarge, Unusable.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("The body must be a form.")
    raw = await read_body(request, limit_bytes=LIMIT_BYTES)
    try:
        fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise Unusable from error
    return {name: value.replace("\0", "") for name, value in fields.items()}


def whole_number(text: str) -> int | None:
    """The number in a hidden field; None, which no model takes for one, where there is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def typed(text: str) -> str:
    """What somebody typed into a search field, as it can be looked for."""
    return text.replace("\0", "").strip()[:MAX_TYPED_CHARS]
