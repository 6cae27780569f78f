"""Connections to app servers: whom one is connected to, and no more talk before an answer than is
due."""

from asyncio import AbstractEventLoop
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader
from aiohttp.tracing import Trace

from notifier.sending.resolver import Resolver, ResolvingConnector

MAX_INTERIM_ANSWERS: Final = 8
"""An honest server sends one or two (100, 103) before its answer."""

peer: ContextVar[str] = ContextVar("peer", default="")
"""The address that the running try is connected to."""


class Connector(ResolvingConnector):
    """Tells each try whom it is connected to: a short answer has left its connection before it can
    be asked."""

    def __init__(self, resolver: Resolver, **settings: Any) -> None:
        super().__init__(resolver, **settings)
        self._factory = partial(_converse, loop=self._loop)

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        transport = connection.transport
        name = transport.get_extra_info("peername") if transport else None
        peer.set(name[0] if name else "")
        return connection


def _converse(loop: AbstractEventLoop) -> ResponseHandler:
    return _Conversation(loop)


class _Conversation(ResponseHandler):
    """Hangs up on a server that sends interim answers without end: each is small, and reading them
    would hold everybody else up."""

    _interim = 0

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        message, _ = data
        is_interim = 100 <= message.code < 200 and message.code != 101
        self._interim += is_interim
        if self._interim > MAX_INTERIM_ANSWERS:
            self._hang_up()
            return
        if not is_interim:
            self._interim = 0
        super().feed_data(data, size)

    def _hang_up(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
            self.set_exception(HttpProcessingError(code=400, message="endless interim answers"))
