"""Callbacks in FastAPI: a dependency that is the verified event.

Callback = Annotated[Event, Depends(callback())]

@app.post("/callbacks", response_class=PlainTextResponse)
async def called_back(event: Callback) -> str:
    return "success"

Plain text: as JSON the word goes out in quotes, and an app that is set to the word does not
acknowledge by it.
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import HTTPException, Request

from paymesh.callbacks import MAX_BODY_BYTES, Verifier
from paymesh.errors import NotAuthentic
from paymesh.models.events import Event


def callback(
    secret: str | Sequence[str] | Verifier | None = None,
) -> Callable[[Request], Awaitable[Event]]:
    """401 where the callback is not the centre's, 413 where it is larger than any is."""
    verifier = Verifier.of(secret)

    async def event(request: Request) -> Event:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY_BYTES:
                raise HTTPException(413)
        try:
            return verifier.verify(request.headers, body)
        except NotAuthentic as error:
            raise HTTPException(401, str(error)) from error

    return event
