"""Applications on ports of their own, for as long as a test needs them."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from chassis.web.server import KEEP_ALIVE_S

START_LIMIT_S = 60


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    make: Callable[[str], ASGIApp], *, http: type[asyncio.Protocol] | str = "httptools"
) -> AsyncIterator[str]:
    """Serve what `make` builds for this URL; yields the URL once it listens."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        make(url),
        http=http,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        timeout_keep_alive=KEEP_ALIVE_S,  # As in life: callers keep connections for less.
    )
    server = _Server(config)
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    give_up_at = time.monotonic() + START_LIMIT_S
    while not server.started:
        assert not task.done(), "the server did not start"
        assert time.monotonic() < give_up_at, "the server does not listen"
        await asyncio.sleep(0.01)
    try:
        yield url
    finally:
        server.should_exit = True
        await task
