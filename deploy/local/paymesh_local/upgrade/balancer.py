"""What a Service is in a cluster: one address, and new connections go to one of those behind it."""

import asyncio
import contextlib
import itertools
from typing import Final

from paymesh_local.ports import LOOPBACK

CHUNK: Final = 65_536


class Balancer:
    """Listens on `port`; `behind` may be changed at any time, and counts for new connections."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.behind: list[int] = []
        self._turn = itertools.count()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            port = self.behind[next(self._turn) % len(self.behind)]
            its_reader, its_writer = await asyncio.open_connection(LOOPBACK, port)
        except (OSError, ZeroDivisionError):
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, its_writer), _pump(its_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
