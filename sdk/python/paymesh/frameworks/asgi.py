"""Callbacks as an ASGI application, to be mounted at the callback address."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from paymesh.callbacks import ACCEPTED, MAX_BODY_BYTES, Verifier
from paymesh.errors import NotAuthentic
from paymesh.models.events import Event

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def callback_app(
    handle: Callable[[Event], Awaitable[None]],
    secret: str | Sequence[str] | Verifier | None = None,
) -> Application:
    """200 when `handle` has returned, 401 where the callback is not the centre's, 405 and 413
    for what no callback is. What `handle` raises is the server's to answer, with 5xx."""
    verifier = Verifier.of(secret)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"callbacks do not come by {scope['type']}")
        if scope["method"] != "POST":
            return await _answer(send, 405, b"")
        body = await _body(receive)
        if body is None:
            return await _answer(send, 413, b"")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            event = verifier.verify(headers, body)
        except NotAuthentic:
            return await _answer(send, 401, b"")
        await handle(event)
        return await _answer(send, 200, ACCEPTED)

    return application


async def _body(receive: Receive) -> bytes | None:
    """None: it is larger than any callback."""
    body: bytes = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return body


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
