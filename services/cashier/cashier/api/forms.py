"""HTML forms, which the page sends as `application/x-www-form-urlencoded`."""

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from chassis.problems import InvalidRequest, UnsupportedMediaType
from chassis.web import read_body

LIMIT_BYTES: Final = 4_096
MAX_FIELDS: Final = 10


async def read_form(request: Request) -> dict[str, str]:
    """The fields; of a doubled one the last.

    Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("The body must be a form.")
    raw = await read_body(request, limit_bytes=LIMIT_BYTES)
    try:
        return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise InvalidRequest("The body is not a form.") from error
