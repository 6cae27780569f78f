"""Closing a connection without an answer, which no ASGI message can say.

The protocol puts its transport into the scope; `HangUp` is the response that aborts it.
"""

from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "sandbox.transport"


class SandboxProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with its transport in reach of the application."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


class HangUp:
    """The response of a third party that went away: the connection closes, no byte is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: Any = scope["extensions"][_EXTENSION]["transport"]
        transport.abort()
        # The server must have seen the connection go, or it would answer 500 in our place.
        while (await receive())["type"] != "http.disconnect":
            pass
