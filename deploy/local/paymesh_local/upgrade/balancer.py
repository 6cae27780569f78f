"""What a Service is in a cluster: one address, and new connections go to one of those behind it.

A program of its own for all addresses, so that no traffic waits for whoever plays with it. It reads
an `Order` a line, answers each that it has carried out with its port, and ends with its input.
"""

import asyncio
import contextlib
import itertools
import sys
from collections.abc import Sequence
from typing import Final

import uvloop
from pydantic import BaseModel

from paymesh_local.ports import LOOPBACK

CHUNK: Final = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Order(BaseModel):
    """Listen on `port`, and connect whoever comes to one of `behind` (counts for new connections).
    Unless `passes`, nothing gets through and nobody is told so, as where a network is parted."""

    port: int
    behind: Sequence[int]
    passes: bool = True


async def main() -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    balancers: dict[int, Balancer] = {}
    while line := await orders.readline():
        order = Order.model_validate_json(line)
        if order.port not in balancers:
            balancers[order.port] = Balancer()
            await asyncio.start_server(balancers[order.port].carry, LOOPBACK, order.port)
        balancers[order.port].obey(order)
        print(order.port, flush=True)


class Balancer:
    """One address. Of those behind it, one that refuses the connection is passed over."""

    def __init__(self) -> None:
        self._behind: Sequence[int] = ()
        self._passes = asyncio.Event()
        self._turn = itertools.count()

    def obey(self, order: Order) -> None:
        self._behind = order.behind
        if order.passes:
            self._passes.set()
        else:
            self._passes.clear()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passes.wait()
        other_end = await self._connected()
        if other_end is None:
            writer.transport.abort()
            return
        its_reader, its_writer = other_end
        await asyncio.gather(self._pump(reader, its_writer), self._pump(its_reader, writer))

    async def _connected(self) -> Streams | None:
        ports = self._behind
        first = next(self._turn)
        for number in range(len(ports)):
            with contextlib.suppress(OSError):
                port = ports[(first + number) % len(ports)]
                return await asyncio.open_connection(LOOPBACK, port)
        return None

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._passes.wait()
                writer.write(chunk)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()


if __name__ == "__main__":
    uvloop.run(main())
