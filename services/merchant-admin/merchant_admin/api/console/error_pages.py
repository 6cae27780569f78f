"""Every error of `/console` is a page, whoever raised it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from fastapi import FastAPI, Request, Response

from merchant_admin.api.console.rendering import error_page
from merchant_admin.api.console.visiting import LoginNeeded, find_visitor

PAGES: Final = "/console"
ASSETS: Final = "/console/static/"

Answer = Callable[[Request, Exception], Awaitable[Response]]


def add_to(app: FastAPI) -> None:
    """Behind all other handlers: what they answer is told as a page where people asked."""
    for kind, answer in list(app.exception_handlers.items()):
        if kind is not LoginNeeded and not isinstance(kind, int):
            app.add_exception_handler(kind, partial(_error_page, answer))


async def _error_page(answer: Any, request: Request, error: Exception) -> Response:
    response: Response = await answer(request, error)
    path = request.url.path
    if not path.startswith(PAGES) or path.startswith(ASSETS):
        return response
    visitor = getattr(request.state, "visitor", None)
    if visitor is None and response.status_code == 404:
        visitor = await find_visitor(request, request.app.state.deps)  # no route has looked for one
    page = error_page(request, response.status_code, visitor)
    for name in ("Retry-After", "X-Request-Id", "Connection"):
        if name in response.headers:
            page.headers[name] = response.headers[name]
    return page
