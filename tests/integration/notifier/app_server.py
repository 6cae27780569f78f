"""An app's server on this machine: keeps what it is told, and answers as the test wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

DEADLINE_S = 60.0

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


def says(status: int, text: str = "", **headers: str) -> Answer:
    """Answer every callback so; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=named)

    return answer


def one_after_the_other(*answers: Answer) -> Answer:
    """The first callback gets the first answer, and so on; the last answer is repeated."""
    left = list(answers)

    async def answer(request: web.Request) -> web.StreamResponse:
        following = left.pop(0) if len(left) > 1 else left[0]
        return await following(request)

    return answer


class AppServer:
    """`answers` by path; what has none gets 200. `received` in the order of arrival."""

    def __init__(self) -> None:
        self.url = ""
        self.port = 0
        self.answers: dict[str, Answer] = {}
        self.received: list[Received] = []
        self._arrived: asyncio.Queue[Received] = asyncio.Queue()

    async def next(self) -> Received:
        """The next callback, waited for."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._arrived.get()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.path, headers, await request.read())
        self.received.append(received)
        self._arrived.put_nowait(received)
        answer = self.answers.get(request.path, says(200))
        return await answer(request)


@asynccontextmanager
async def running_app_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[AppServer]:
    server = AppServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    server.port = runner.addresses[0][1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.port}"
    yield server
    await runner.cleanup()
