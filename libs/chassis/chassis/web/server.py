"""The server of a process: one loop, a private port, and a public one where there is one."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
import uvloop
from fastapi import FastAPI

from chassis.settings import PublicSettings, Settings
from chassis.web.application import PublicApp

GRACE_S: Final = 15
"""Running requests get this long to finish after SIGTERM."""

KEEP_ALIVE_S: Final = 75
"""Longer than any client of ours keeps an idle connection."""

TICK_S: Final = 1.0
"""How often the `Date` of answers is renewed."""

BACKLOG: Final = 2048


def serve(app: FastAPI, settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; readiness is off from that moment.

    A `PublicApp` stands on `settings.port` and its `private` on `settings.private_port`, any other
    application on the private port alone. Running requests are finished (at most 15 s), then the
    lifespan ends: that is where background loops stop.
    """
    collect_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, settings))


def collect_rarely() -> None:
    """For programs whose imports are done: requests and batches make many objects and few cycles,
    and looking for cycles at every 700th of them, among all that was imported, takes a fifth of
    the CPU."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _serve(app: FastAPI, settings: Settings) -> None:
    stop = asyncio.Event()
    servers = [_Server(each, settings.host, port, stop) for each, port in _ports(app, settings)]

    def end() -> None:
        if stop.is_set():  # Asked twice: nobody waits for running requests any more.
            for server in servers:
                server.force_exit = True
        app.state.stopping = True
        stop.set()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, end)
    async with app.router.lifespan_context(app), asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(server.serve())
            await server.listening.wait()


def _ports(app: FastAPI, settings: Settings) -> list[tuple[FastAPI, int]]:
    """The private one last: whoever is ready is already listened to."""
    if not isinstance(app, PublicApp):
        return [(app, settings.private_port)]
    assert isinstance(settings, PublicSettings)
    return [(app, settings.port), (app.private, settings.private_port)]


class _Server(uvicorn.Server):
    """One port. Signals and lifespan are the process's, and an idle port wakes once a second."""

    def __init__(self, app: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self.listening = asyncio.Event()
        self._stop = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        while not self._stop.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TICK_S)
