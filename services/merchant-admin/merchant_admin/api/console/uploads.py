"""Forms with a file, which pages send as `multipart/form-data`.

Source: rfc-editor.org/rfc/rfc7578
"""

import re
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request

from chassis.problems import InvalidRequest, UnsupportedMediaType
from chassis.web import read_body

MEDIA_TYPE: Final = "multipart/form-data"

LIMIT_BYTES: Final = 2_097_152 + 65_536
"""The largest file that is taken, and what stands beside it."""

MAX_PARTS: Final = 60

_TYPE: Final = re.compile(
    r"multipart/form-data\s*;\s*boundary=\"?([\w'()+,./:=?-]{1,70})\"?\s*", re.ASCII | re.IGNORECASE
)
_NAME: Final = re.compile(rb'^content-disposition:\s*form-data;\s*name="([\w.-]{1,64})"(.*)$', re.I)


@dataclass(slots=True)
class Upload:
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def is_upload(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(MEDIA_TYPE)


async def read_upload(request: Request) -> Upload:
    """The fields, without NUL, and the files that were chosen.

    Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest.
    """
    found = _TYPE.fullmatch(request.headers.get("content-type", "").strip())
    if found is None:
        raise UnsupportedMediaType("The body must be a form with a file.")
    raw = await read_body(request, limit_bytes=LIMIT_BYTES)
    first, *parts = (b"\r\n" + raw).split(b"\r\n--" + found.group(1).encode(), MAX_PARTS + 1)
    if first or not parts or parts.pop().strip() != b"--":
        raise InvalidRequest("The body is not a form.")
    upload = Upload()
    for part in parts:
        _take(upload, part)
    return upload


def _take(upload: Upload, part: bytes) -> None:
    head, found, content = part.partition(b"\r\n\r\n")
    named = [match for line in head.split(b"\r\n") if (match := _NAME.match(line))]
    if not found or len(named) != 1:
        raise InvalidRequest("The body is not a form.")
    name, rest = named[0].group(1).decode(), named[0].group(2)
    if b"filename" in rest:
        if content:
            upload.files[name] = content
        return
    try:
        upload.fields[name] = content.decode().replace("\0", "")
    except UnicodeDecodeError as error:
        raise InvalidRequest("The body is not a form.") from error
