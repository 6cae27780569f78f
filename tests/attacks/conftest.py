"""The gateway as strangers meet it: on a real port, with limits short enough to be waited for."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from tests.integration.gateway.serving import serving
from tests.unit.gateway.client import SigningClient, application
from tests.unit.gateway.test_api import gateway
from tests.unit.gateway.test_routing import REQUEST

from chassis.web.connection import Connection, of_port
from chassis.web.limits import Limits

HEAD_S: Final = 0.5
BODY_S: Final = 0.8
UNTAKEN_S: Final = 0.9
MAX_CONNECTIONS: Final = 1_200
PATIENCE_S: Final = 600.0
"""Of a door where nothing ends by its time while a test runs, on however slow a machine."""
ANSWER_S: Final = 30.0

BODY: Final = json.dumps(REQUEST).encode()


@dataclass
class Door:
    """`protocol` is that of the port: it knows what is unfinished."""

    url: str
    protocol: type[Connection]
    strangers: list[asyncio.StreamWriter] = field(default_factory=list)
    deaf: list[socket.socket] = field(default_factory=list)

    async def knock(self, *pieces: bytes) -> asyncio.StreamReader:
        """Open a connection, and send the pieces as they are."""
        reader, writer = await asyncio.open_connection(*self._address())
        self.strangers.append(writer)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return reader

    async def knock_deaf(self, sent: bytes) -> socket.socket:
        """Open a connection, send this, and read nothing."""
        stranger = socket.socket()
        self.deaf.append(stranger)
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        stranger.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stranger, self._address())
        await loop.sock_sendall(stranger, sent)
        return stranger

    def _address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    async def ask(self, *pieces: bytes) -> bytes:
        """All that is answered until the connection is closed."""
        return await answer_from(await self.knock(*pieces))

    @asynccontextmanager
    async def app(self) -> AsyncIterator[SigningClient]:
        """An app that signs, as the demo app does."""
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=self.url, trust_env=False, timeout=10, limits=limits
        ) as client:
            yield SigningClient(client)


async def answer_from(reader: asyncio.StreamReader, within_s: float = ANSWER_S) -> bytes:
    """What comes until the end; a connection that was reset has ended, too."""
    received = bytearray()
    async with asyncio.timeout(within_s):
        try:
            while piece := await reader.read(65_536):
                received += piece
        except ConnectionResetError:
            pass
    return bytes(received)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """The public port of a gateway whose channel takes every payment at once."""
    async with opened(HEAD_S, BODY_S) as door:
        yield door


@pytest.fixture
async def patient_door() -> AsyncIterator[Door]:
    """The same with time for everybody: who has to go does so for another reason."""
    async with opened(PATIENCE_S, PATIENCE_S) as door:
        yield door


@asynccontextmanager
async def opened(
    head_s: float,
    body_s: float,
    *,
    max_connections: int = MAX_CONNECTIONS,
    untaken_s: float = UNTAKEN_S,
) -> AsyncIterator[Door]:
    protocol = of_port(
        Limits(head_s, body_s, max_connections, is_proxy=lambda _: False, untaken_s=untaken_s)
    )
    app = application(gateway())

    async def requests_only(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"  # These tests have no bus to start with.
        await app(scope, receive, send)

    async with serving(lambda _: requests_only, http=protocol) as url:
        door = Door(url, protocol)
        yield door
        for writer in door.strangers:
            writer.transport.abort()
        for stranger in door.deaf:
            stranger.close()
