"""Callbacks as a WSGI application, and of requests of WSGI frameworks such as Flask."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication

from paymesh.callbacks import ACCEPTED, MAX_BODY_BYTES, Verifier
from paymesh.errors import NotAuthentic
from paymesh.models.events import Event

REASONS: Final = {
    200: "200 OK",
    401: "401 Unauthorized",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
}


def callback_app(
    handle: Callable[[Event], None], secret: str | Sequence[str] | Verifier | None = None
) -> WSGIApplication:
    """200 when `handle` has returned, 401 where the callback is not the centre's, 405 and 413
    for what no callback is. What `handle` raises is the server's to answer, with 5xx."""
    verifier = Verifier.of(secret)

    def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def answer(status: int, body: bytes = b"") -> Iterable[bytes]:
            headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
            start_response(REASONS[status], headers)
            return [body]

        if environ["REQUEST_METHOD"] != "POST":
            return answer(405)
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return answer(413)
        try:
            event = verifier.verify(_headers(environ), environ["wsgi.input"].read(int(length)))
        except NotAuthentic:
            return answer(401)
        handle(event)
        return answer(200, ACCEPTED)

    return application


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_WEBHOOK_")
    }
