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
from sandbox.deps import Deps, Party
from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.notifications import NotificationForm, Notifications
from sandbox.parties import discover_parties
from sandbox.shelf import Shelf
from sandbox.transport import SandboxProtocol
from sandbox.truth import Truth

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
    notification_time_scale: float


def run(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = _read(arguments)
    deps = build_deps(options.state_dir, options.public_url, options.notification_time_scale)
    config = uvicorn.Config(
        build_app(deps),
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


def build_deps(
    state_dir: Path,
    public_url: str,
    notification_time_scale: float = 1.0,
    parties: Sequence[Party[Any]] | None = None,
) -> Deps:
    """The third parties (None: those of our folders); keys and truth are read from `state_dir`, or
    made there."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    truth, faults, later = Truth(state_dir / "truth.sqlite3"), Faults(), Later()
    forms: dict[str, NotificationForm] = {}
    found = discover_parties() if parties is None else parties
    deps = Deps(
        truth=truth,
        faults=faults,
        later=later,
        notifications=Notifications(truth, faults, later, forms, notification_time_scale),
        parties={each.name: each for each in found},
        shelf=Shelf(),
        public_url=public_url.rstrip("/"),
        state_dir=state_dir,
    )
    for name, party in deps.parties.items():
        deps.accounts(party.kind)
        forms[name] = party.notifications(deps)
    return deps


def build_app(deps: Deps) -> Starlette:
    """Every third party's addresses, and the control API."""

    def running(_: Starlette) -> AbstractAsyncContextManager[None]:
        return _running(deps)

    return Starlette(
        routes=[
            *(route for party in deps.parties.values() for route in party.routes(deps)),
            *control.routes(deps),
        ],
        lifespan=running,
    )


@asynccontextmanager
async def _running(deps: Deps) -> AsyncIterator[None]:
    """Takes up what an earlier run left undone."""
    async with deps.notifications.running():
        for refund in deps.truth.list_processing_refunds():
            payer.succeed_later(deps, refund)
        for split in deps.truth.list_processing_splits():
            sharing.finish_later(deps, split)
        try:
            yield
        finally:
            deps.later.cancel()
    deps.truth.close()


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
        "--notification-time-scale",
        type=float,
        default=1.0,
        help="factor for the pauses between repeated notifications; 0.01: an hour takes 36 seconds",
    )
    given = parser.parse_args(arguments)
    return Options(
        port=given.port,
        state_dir=given.state_dir,
        host=given.host,
        public_url=given.public_url or f"http://{given.host}:{given.port}",
        notification_time_scale=given.notification_time_scale,
    )
