"""What happened stays known."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox import payer
from sandbox.deps import Deps
from sandbox.easy.account import KIND
from sandbox.main import build_deps
from sandbox.truth import Trade
from sandbox.wechat.account import KIND as WECHAT

from .conftest import PUBLIC_URL, Immediately, Postbox, section_of
from .merchants import WechatMerchant, new_number


async def test_trades_and_credentials_are_known_after_a_restart(
    deps: Deps, wechat: WechatMerchant, tmp_path: Path
) -> None:
    number = new_number()
    await wechat.native(number)
    deps.truth.close()
    again = build_deps(tmp_path / "state", PUBLIC_URL)
    (trade,) = again.truth.list_trades(number, None)
    assert (trade.state, trade.amount) == ("created", 100)
    assert section_of(again, WECHAT) == wechat.known
    again.truth.close()


def _trade() -> Trade:
    at = time.time()
    return Trade(
        channel="alipay",
        merchant="A1",
        number="P1",
        payment_no="P1",
        channel_trade_no="20260000",
        product="precreate",
        amount=100,
        subject="物业费",
        notify_url="http://127.0.0.1:1/",
        fingerprint="",
        created_at=at,
        closes_at=at + 60,
    )


def test_trade_nobody_paid_in_time_is_closed(deps: Deps) -> None:
    deps.truth.add_trade(replace(_trade(), closes_at=time.time() - 1))
    (trade,) = deps.truth.list_trades("P1", "alipay")
    assert trade.state == "closed"
    with pytest.raises(payer.NotPayable):
        payer.pay(deps, trade)


def test_trade_is_paid_once(deps: Deps, postbox: Postbox) -> None:
    trade = _trade()
    deps.truth.add_trade(trade)
    payer.pay(deps, trade)
    with pytest.raises(payer.NotPayable):
        payer.pay(deps, trade)
    assert len(postbox.posted) == 1


async def test_refund_in_processing_is_taken_up_after_a_restart(
    deps: Deps, wechat: WechatMerchant, later: Immediately
) -> None:
    number = new_number()
    await wechat.native(number)
    payer.pay(deps, deps.truth.list_trades(number, None)[0])
    await wechat.refund(number, "R1", 30)
    later.due.clear()
    for refund in deps.truth.list_processing_refunds():
        payer.succeed_later(deps, refund)
    later.come()
    assert (await wechat.query_refund("R1")).json()["status"] == "SUCCESS"


def test_files_with_keys_are_for_the_owner_only(deps: Deps, tmp_path: Path) -> None:
    files = list((tmp_path / "state").rglob("*.json"))
    assert files
    deps.accounts(KIND).open()
    newest = sorted((tmp_path / "state" / "easy").glob("*.json"))[-1]
    assert newest.stat().st_mode & 0o077 == 0
