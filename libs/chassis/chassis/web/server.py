"""The server of a process: one loop, a private port, and a public one where there is one."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final

import uvicorn
import uvloop
from fastapi import FastAPI

from chassis.settings import PublicSettings, Settings
from chassis.web.application import First, PublicApp, create_waiting_app
from chassis.web.connection import Connection, of_port
from chassis.web.limits import Limits, connections_allowed

GRACE_S: Final = 35
"""Running requests get this long to finish: a payer who is asked at the till has 30 s."""

KEEP_ALIVE_S: Final = 75
"""Longer than any client of ours keeps an idle connection."""

TICK_S: Final = 1.0
"""How often the `Date` of answers is renewed."""

BACKLOG: Final = 2048

AT_ONCE_S: Final = 0.5
"""What is true by then is not worth telling that it is not."""

PRIVATE_ONE_IN: Final = 5
"""One connection in five is kept for our own services, whatever the public does."""


def serve(app: FastAPI, settings: Settings, *, first: First | None = None) -> None:
    """Run until SIGTERM or SIGINT; readiness is off from that moment.

    `first`: what must have come true before anything is opened or joined. Until it has returned,
    the private port tells that the service lives, and in its own words why it is not ready.

    A `PublicApp` stands on `settings.port` and its `private` on `settings.private_port`, any other
    application on the private port alone. For `settings.drain_s` whoever comes is still answered,
    and told that it was the last answer of that connection; then running requests are finished (at
    most 35 s), then the lifespan ends: that is where background loops stop.
    """
    collect_rarely()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, settings, first))


def collect_rarely() -> None:
    """For programs whose imports are done: requests and batches make many objects and few cycles,
    and looking for cycles at every 700th of them, among all that was imported, takes a fifth of
    the CPU."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _serve(app: FastAPI, settings: Settings, first: First | None) -> None:
    stop = asyncio.Event()
    servers = [
        _Server(port, settings.host, stop, drain_s=settings.drain_s)
        for port in _ports(app, settings)
    ]

    def end() -> None:
        if stop.is_set():  # Asked twice: nobody waits for running requests any more.
            for server in servers:
                server.give_up()
        app.state.stopping = True
        stop.set()

    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, end)
    if first is not None and not await _has_come_true(first, app.title, settings, stop):
        return
    async with app.router.lifespan_context(app), asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(server.serve())
            await server.listening.wait()


async def _has_come_true(
    first: First, service: str, settings: Settings, stop: asyncio.Event
) -> bool:
    """False when it was time to stop before."""
    reasons: dict[str, bool | str] = {}
    waiting = asyncio.ensure_future(first(reasons))
    await asyncio.wait({waiting}, timeout=AT_ONCE_S)
    if not waiting.done():
        await _tell_until(waiting, create_waiting_app(service, reasons), settings, stop)
    if not waiting.done():
        waiting.cancel()
        return False
    await waiting
    return True


async def _tell_until(
    waiting: asyncio.Future[None], app: FastAPI, settings: Settings, stop: asyncio.Event
) -> None:
    over = asyncio.Event()
    server = _Server(_private(app, settings, connections_allowed()), settings.host, over)
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(stop.wait())
    either: set[asyncio.Future[Any]] = {waiting, stopping, serving}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    over.set()
    await serving


@dataclass(frozen=True, slots=True)
class _Port:
    """One that is listened to, and how each of its connections behaves."""

    app: FastAPI
    number: int
    protocol: type[Connection]


def _ports(app: FastAPI, settings: Settings) -> list[_Port]:
    """The private one last: whoever is ready is already listened to."""
    allowed = connections_allowed()
    kept = max(allowed // PRIVATE_ONE_IN, 1)
    if not isinstance(app, PublicApp):
        return [_private(app, settings, kept)]
    assert isinstance(settings, PublicSettings)
    anyone = of_port(
        Limits(
            settings.head_limit_s,
            settings.body_limit_s,
            max(allowed - kept, 1),
            is_proxy=partial(_is_within, settings.proxy_networks),
        )
    )
    return [_Port(app, settings.port, anyone), _private(app.private, settings, kept)]


def _private(app: FastAPI, settings: Settings, connections: int) -> _Port:
    limits = Limits(
        settings.head_limit_s, settings.body_limit_s, connections, is_proxy=lambda _: True
    )
    return _Port(app, settings.private_port, of_port(limits))


def _is_within(networks: Sequence[IPv4Network | IPv6Network], peer: str) -> bool:
    return bool(networks) and any(ip_address(peer) in network for network in networks)


class _Server(uvicorn.Server):
    """One port. Signals and lifespan are the process's, and an idle port wakes once a second."""

    def __init__(
        self, port: _Port, host: str, stop: asyncio.Event, *, drain_s: float = 0.0
    ) -> None:
        config = uvicorn.Config(
            port.app,
            host=host,
            port=port.number,
            http=port.protocol,
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
        self._given_up = asyncio.Event()
        self._drain_s = drain_s
        self._protocol = port.protocol

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def give_up(self) -> None:
        """Whoever waits for an answer waits in vain."""
        self.force_exit = True
        self._given_up.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        while not self._stop.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TICK_S)
        await self._drain()

    async def _drain(self) -> None:
        """So that nobody is hung up on in the moment of asking: with each answer a connection ends,
        and what is idle when the time is over has been so all the while."""
        self._protocol.leave(self.server_state.connections)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._given_up.wait(), self._drain_s)
