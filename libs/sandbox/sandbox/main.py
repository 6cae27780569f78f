"""The sandbox as a process: everything is built here, and one line says when it listens."""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import uvicorn
from starlette.applications import Starlette

from sandbox import control, payer, sharing
from sandbox.accounts import Accounts
from sandbox.alipay import gateway
from sandbox.alipay.account import KIND as ALIPAY
from sandbox.alipay.notices import AlipayNotices
from sandbox.easy import routes as easy_routes
from sandbox.easy.account import KIND as EASY
from sandbox.easy.notices import EasyNotices
from sandbox.faults import Faults
from sandbox.later import Later
from sandbox.notices import NoticeForm, Notices
from sandbox.shelf import Shelf
from sandbox.stripe import routes as stripe_routes
from sandbox.stripe.account import KIND as STRIPE
from sandbox.stripe.notices import StripeNotices
from sandbox.transport import SandboxProtocol
from sandbox.truth import Truth
from sandbox.unionpay import routes as unionpay_routes
from sandbox.unionpay.account import KIND as UNIONPAY
from sandbox.unionpay.notices import UnionpayNotices
from sandbox.wechat import routes as wechat_routes
from sandbox.wechat.account import KIND as WECHAT
from sandbox.wechat.certificates import PlatformCertificates
from sandbox.wechat.notices import WechatNotices
from sandbox.world import World

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


def build_world(state_dir: Path, public_url: str, notice_time_scale: float = 1.0) -> World:
    """All third parties; keys and truth are read from `state_dir`, or made there."""
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    truth, faults, later = Truth(state_dir / "truth.sqlite3"), Faults(), Later()
    wechat, alipay = Accounts(WECHAT, state_dir), Accounts(ALIPAY, state_dir)
    easy, unionpay = Accounts(EASY, state_dir), Accounts(UNIONPAY, state_dir)
    stripe = Accounts(STRIPE, state_dir)
    stripe_notices = StripeNotices(stripe)
    certificates = PlatformCertificates(state_dir)
    forms: dict[str, NoticeForm] = {
        "wechat": WechatNotices(wechat, certificates),
        "alipay": AlipayNotices(alipay, truth),
        "easy": EasyNotices(easy),
        "unionpay": UnionpayNotices(unionpay),
        "stripe": stripe_notices,
    }
    stripe_notices.world = world = World(
        truth=truth,
        faults=faults,
        later=later,
        notices=Notices(truth, faults, later, forms, notice_time_scale),
        wechat=wechat,
        alipay=alipay,
        easy=easy,
        unionpay=unionpay,
        stripe=stripe,
        platform_certificates=certificates,
        shelf=Shelf(),
        public_url=public_url.rstrip("/"),
    )
    return world


def build_app(world: World) -> Starlette:
    """Starlette's routes are matched in order: the busiest come first."""

    def running(_: Starlette) -> AbstractAsyncContextManager[None]:
        return _running(world)

    return Starlette(
        routes=[
            *wechat_routes.routes(world),
            *gateway.routes(world),
            *easy_routes.routes(world),
            *unionpay_routes.routes(world),
            *stripe_routes.routes(world),
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
