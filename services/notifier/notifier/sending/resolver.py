"""Resolving names in threads of our own, so that dead name servers delay nobody else.

The event loop's own lookup shares four to six threads among everything; a few domains whose name
servers do not answer would occupy them all.
"""

import asyncio
import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.tracing import Trace

MAX_LOOKUPS: Final = 128  # The connector asks once per name at a time, so: names that hang at once.
LINE_S: Final = 3.0  # As long as a connection may take; behind it, nobody waits for the answer.

asker: ContextVar[str] = ContextVar("asker", default="")
"""On whose behalf the running task looks names up: an app, or a merchant."""

Found: TypeAlias = Sequence[tuple[socket.AddressFamily, str]]
LookUp: TypeAlias = Callable[[str, socket.AddressFamily], Found]


def look_up(host: str, family: socket.AddressFamily) -> Found:
    """Ask the system (blocking). Raises OSError for a name without an address."""
    rows = socket.getaddrinfo(host, None, family=family, type=socket.SOCK_STREAM)
    return [(found, str(where[0])) for found, _, _, _, where in rows]


class NotItsTurn(Exception):
    """Whoever asks has as many lookups running as it may. It is no answer about the name."""


class Resolver(AbstractResolver):
    """For `ResolvingConnector`, which caches the answers; each is checked when it is dialled.

    No asker has more lookups running than are left free: one whose name servers hang waits for its
    own, and nobody else does. A lookup counts until its thread ends, however long that is.
    """

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._free = MAX_LOOKUPS
        self._running: Counter[str] = Counter()
        self._ended = asyncio.Event()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError for a name without an address, and NotItsTurn at once."""
        who = asker.get()
        if not self._may_ask(who):
            raise NotItsTurn
        found = await self._in_thread(host, family, who)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=its_family,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for its_family, address in found
        ]

    async def close(self) -> None:
        """Nothing waits for lookups that hang."""

    async def until_its_turn(self) -> None:
        """Of whoever runs this. Raises TimeoutError."""
        async with asyncio.timeout(LINE_S):
            while not self._may_ask(asker.get()):
                await self._ended.wait()

    def _may_ask(self, who: str) -> bool:
        return self._running[who] < self._free

    def _give_back(self, who: str) -> None:
        self._free += 1
        self._running -= Counter([who])
        self._ended.set()
        self._ended = asyncio.Event()

    async def _in_thread(self, host: str, family: socket.AddressFamily, who: str) -> Found:
        # A pool's threads would keep the process from ending while a lookup hangs.
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Found] = loop.create_future()

        def settle(found: Found | OSError) -> None:
            self._give_back(who)
            if result.done():
                return
            if isinstance(found, OSError):
                result.set_exception(found)
            else:
                result.set_result(found)

        def work() -> None:
            found: Found | OSError
            try:
                found = self._look_up(host, family)
            except (OSError, UnicodeError) as error:
                found = error if isinstance(error, OSError) else OSError(str(error))
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(settle, found)

        self._free -= 1
        self._running[who] += 1
        try:
            threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()
        except RuntimeError as error:  # the system has no thread for us
            self._give_back(who)
            raise OSError(str(error)) from error
        return await result


class ResolvingConnector(aiohttp.TCPConnector):
    """aiohttp has a name asked for once at a time, and hands what came of it to all who want the
    name. Whose turn it is not waits here by itself, so that nobody gets its failure."""

    def __init__(self, resolver: Resolver, **settings: Any) -> None:
        super().__init__(resolver=resolver, **settings)
        self._turns = resolver

    async def _resolve_host(
        self, host: str, port: int, traces: Sequence[Trace] | None = None
    ) -> list[ResolveResult]:
        while True:
            try:
                return await super()._resolve_host(host, port, traces)
            except NotItsTurn:
                await self._turns.until_its_turn()
