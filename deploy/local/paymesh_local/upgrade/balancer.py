"""What a Service is in a cluster: one address, and new connections go to one of those behind it."""

import asyncio
import contextlib
import itertools
from typing import Final

from paymesh_local.ports import LOOPBACK

CHUNK: Final = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Balancer:
    """Listens on `port`; `behind` may be changed at any time, and counts for new connections.

    One that refuses the connection is passed over. While `passes` is cleared nothing gets through
    and nobody is told so, as where a network is parted.
    """

    def __init__(self, port: int, *behind: int) -> None:
        self.port = port
        self.behind: list[int] = list(behind)
        self.passes = asyncio.Event()
        self.passes.set()
        self._turn = itertools.count()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.passes.wait()
        other_end = await self._connected()
        if other_end is None:
            writer.transport.abort()
            return
        its_reader, its_writer = other_end
        await asyncio.gather(self._pump(reader, its_writer), self._pump(its_reader, writer))

    async def _connected(self) -> Streams | None:
        ports = list(self.behind)
        first = next(self._turn)
        for number in range(len(ports)):
            with contextlib.suppress(OSError):
                port = ports[(first + number) % len(ports)]
                return await asyncio.open_connection(LOOPBACK, port)
        return None

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self.passes.wait()
                writer.write(chunk)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
