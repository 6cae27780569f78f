"""The sandbox' application without a server: requests go straight in, what it posts is kept."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVarTuple

import httpx
import pytest
from starlette.applications import Starlette

from sandbox.accounts import AccountKind
from sandbox.alipay.account import KIND as ALIPAY
from sandbox.deps import Deps
from sandbox.easy.account import KIND as EASY
from sandbox.later import Later
from sandbox.main import build_app, build_deps
from sandbox.notifications import Notifications
from sandbox.truth import Notification, Refund, Trade
from sandbox.wechat.account import KIND as WECHAT

from .merchants import AlipayMerchant, EasyMerchant, WechatMerchant

Ts = TypeVarTuple("Ts")

PUBLIC_URL = "http://sandbox.test"


class Postbox(Notifications):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.posted: list[tuple[Trade, str, Refund | None]] = []

    def post(self, trade: Trade, url: str, refund: Refund | None = None) -> Notification:
        self.posted.append((trade, url, refund))
        return Notification("N1", trade.id, refund.id if refund else None, url, 0.0, 0.0)

    async def post_and_wait(self, trade: Trade, url: str) -> None:
        self.post(trade, url)


class Immediately(Later):
    """What would happen later happens when the test says so."""

    def __init__(self) -> None:
        self.due: list[Callable[[], object]] = []

    def call(self, delay_s: float, callback: Callable[[*Ts], object], *arguments: *Ts) -> None:
        self.due.append(partial(callback, *arguments))

    def come(self) -> None:
        while self.due:
            self.due.pop(0)()


@pytest.fixture(scope="session")
def opened_accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys are made once: they cost a second."""
    folder = tmp_path_factory.mktemp("accounts")
    build_deps(folder, PUBLIC_URL).truth.close()
    return folder


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def later() -> Immediately:
    return Immediately()


@pytest.fixture
def deps(
    opened_accounts: Path, tmp_path: Path, postbox: Postbox, later: Immediately
) -> Iterator[Deps]:
    folder = tmp_path / "state"
    shutil.copytree(opened_accounts, folder)
    built = build_deps(folder, PUBLIC_URL)
    yield replace(built, notifications=postbox, later=later)
    built.truth.close()


@pytest.fixture
def app(deps: Deps) -> Starlette:
    return build_app(deps)


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture
def wechat(http: httpx.AsyncClient, deps: Deps) -> WechatMerchant:
    return WechatMerchant(http, section_of(deps, WECHAT))


@pytest.fixture
def alipay(http: httpx.AsyncClient, deps: Deps) -> AlipayMerchant:
    return AlipayMerchant(http, section_of(deps, ALIPAY))


@pytest.fixture
def easy(http: httpx.AsyncClient, deps: Deps) -> EasyMerchant:
    return EasyMerchant(http, section_of(deps, EASY))


def section_of(deps: Deps, kind: AccountKind[Any]) -> dict[str, str]:
    return kind.section(deps.accounts(kind).first(), PUBLIC_URL)
