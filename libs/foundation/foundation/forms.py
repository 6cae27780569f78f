"""HTML forms, which pages send as `application/x-www-form-urlencoded`."""

from urllib.parse import parse_qsl

from fastapi import Request

from chassis.problems import InvalidRequest, UnsupportedMediaType
from chassis.web import read_body


async def read_form(request: Request, *, limit_bytes: int, max_fields: int) -> dict[str, str]:
    """The fields, without NUL, which no text of ours may have; of a doubled one the last.

    Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("The body must be a form.")
    raw = await read_body(request, limit_bytes=limit_bytes)
    try:
        fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=max_fields))
    except ValueError as error:
        raise InvalidRequest("The body is not a form.") from error
    return {name: value.replace("\0", "") for name, value in fields.items()}
