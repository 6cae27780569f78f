"""The sandbox as a process: everything is built here, and one line says when it listens."""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette

from sandbox import control, payer, sharing
from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.notices import NoticeForm, Notices
from sandbox.parties import find_parties
from sandbox.shelf import Shelf
from sandbox.transport import SandboxProtocol
from sandbox.truth import Truth
from sandbox.world import Party, World

KEEP_ALIVE_S = 75  # longer than the callers' pools keep a connection
GRACE_S = 2  # for answers under way when the sandbox is stopped
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    port: int
    state_dir: Path
    host: str
    public_url: str
    notice_time_scale: float


def run(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = _read(arguments)
    world = build_world(options.state_dir, options.public_url, options.notice_time_scale)
    config = uvicorn.Config(
        build_app(world),
        host=options.host,
        port=options.port,
        loop="uvloop",
        http=SandboxProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        proxy_headers=False,  # the control API trusts the peer's address
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    with suppress(KeyboardInterrupt):
        _Server(config, f"sandbox listens on {options.public_url}").run()


def build_world(
    state_dir: Path,
    public_url: str,
    notice_time_scale: float = 1.0,
    parties: Sequence[Party[Any]] | None = None,
) -> World:
    """The third parties (None: those of our folders); keys and truth are read from `state_dir`, or
    made there."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    truth, faults, later = Truth(state_dir / "truth.sqlite3"), Faults(), Later()
    forms: dict[str, NoticeForm] = {}
    found = find_parties() if parties is None else parties
    world = World(
        truth=truth,
        faults=faults,
        later=later,
        notices=Notices(truth, faults, later, forms, notice_time_scale),
        parties={each.name: each for each in found},
        shelf=Shelf(),
        public_url=public_url.rstrip("/"),
        state_dir=state_dir,
    )
    for name, party in world.parties.items():
        world.accounts(party.kind)
        forms[name] = party.notices(world)
    return world


def build_app(world: World) -> Starlette:
    """Every third party's addresses, and the control API."""

    def running(_: Starlette) -> AbstractAsyncContextManager[None]:
        return _running(world)

    return Starlette(
        routes=[
            *(route for party in world.parties.values() for route in party.routes(world)),
            *control.routes(world),
        ],
        lifespan=running,
    )


@asynccontextmanager
async def _running(world: World) -> AsyncIterator[None]:
    """Takes up what an earlier run left undone."""
    async with world.notices.running():
        for refund in world.truth.list_processing_refunds():
            payer.succeed_later(world, refund)
        for split in world.truth.list_processing_splits():
            sharing.finish_later(world, split)
        try:
            yield
        finally:
            world.later.cancel()
    world.truth.close()


class _Server(uvicorn.Server):
    """uvicorn, saying one line when the port is open."""

    def __init__(self, config: uvicorn.Config, line: str) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._line + "\n")
            sys.stdout.flush()


def _read(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="keys and truth are kept here"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--public-url", help="how payers and merchants reach this port")
    parser.add_argument(
        "--notice-time-scale",
        type=float,
        default=1.0,
        help="factor for the pauses between repeated notices; 0.01 makes an hour 36 seconds",
    )
    given = parser.parse_args(arguments)
    return Options(
        port=given.port,
        state_dir=given.state_dir,
        host=given.host,
        public_url=given.public_url or f"http://{given.host}:{given.port}",
        notice_time_scale=given.notice_time_scale,
    )
