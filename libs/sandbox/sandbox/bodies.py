"""Request bodies, read with a limit."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BYTES = 1_048_576  # far more than any of the third parties takes


async def read_body(request: Request) -> bytes:
    """Raises 413 as soon as it is too much."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BYTES:
            raise HTTPException(413)
        parts.append(part)
    return b"".join(parts)
