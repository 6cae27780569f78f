"""The pages of payers."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.deps import Deps

from .merchants import AlipayMerchant, EasyMerchant, WechatMerchant, new_number

EVIL = "<script>alert(1)</script>"
WEB = {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}}


async def _h5(wechat: WechatMerchant, number: str, **more: Any) -> str:
    body = wechat.order(number, **(WEB | more))
    answer = await wechat.call("POST", "/v3/pay/transactions/h5", body)
    return str(answer.json()["h5_url"])


async def test_page_escapes_what_the_merchant_wrote(wechat: WechatMerchant) -> None:
    page = await wechat.http.get(await _h5(wechat, new_number(), description=EVIL))
    assert EVIL not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_payer_pays_and_returns_to_the_merchant(wechat: WechatMerchant) -> None:
    number = new_number()
    url = await _h5(wechat, number) + "&redirect_url=https%3A%2F%2Fshop.example%2Fback%3Fa%3D1"
    answer = await wechat.http.post(url, data={"decision": "pay"})
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "https://shop.example/back?a=1",
    )
    assert (await wechat.query(number)).json()["trade_state"] == "SUCCESS"
    assert "已支付" in (await wechat.http.get(url)).text


async def test_payer_leaves_without_paying(wechat: WechatMerchant) -> None:
    number = new_number()
    answer = await wechat.http.post(await _h5(wechat, number), data={"decision": "leave"})
    assert "离开" in answer.text
    assert (await wechat.query(number)).json()["trade_state"] == "NOTPAY"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example", "data:text/html,x"])
async def test_payer_is_sent_to_web_addresses_only(wechat: WechatMerchant, address: str) -> None:
    url = await _h5(wechat, new_number()) + "&redirect_url=" + address
    assert "location" not in (await wechat.http.post(url, data={"decision": "leave"})).headers


async def test_closed_order_cannot_be_paid(wechat: WechatMerchant) -> None:
    number = new_number()
    url = await _h5(wechat, number)
    await wechat.close(number)
    assert (await wechat.http.get(url)).status_code == 410
    assert (await wechat.http.post(url, data={"decision": "pay"})).status_code == 410


async def test_h5_link_lives_five_minutes(wechat: WechatMerchant, deps: Deps) -> None:
    number = new_number()
    url = await _h5(wechat, number)
    (trade,) = deps.truth.list_trades(number, None)
    past = trade.created_at - timedelta(minutes=6).total_seconds()
    deps.truth._db.execute("UPDATE trade SET created_at=? WHERE id=?", (past, trade.id))
    assert (await wechat.http.get(url)).status_code == 410


async def test_alipay_sends_who_leaves_to_quit_url(alipay: AlipayMerchant) -> None:
    number = new_number()
    biz = {
        "out_trade_no": number,
        "total_amount": "1.00",
        "subject": "物业费",
        "product_code": "QUICK_WAP_WAY",
        "quit_url": "https://shop.example/cart",
    }
    opened = await alipay.send(alipay.params("alipay.trade.wap.pay", biz))
    page = opened.headers["location"]
    left = await alipay.http.post(page, data={"decision": "leave"})
    assert left.headers["location"] == "https://shop.example/cart"
    paid = await alipay.http.post(page, data={"decision": "pay"})
    assert "支付成功" in paid.text


async def test_easy_page_offers_three_wallets(easy: EasyMerchant) -> None:
    url = (await easy.order(new_number()))["bizData"]["redirectUrl"]
    page = (await easy.http.get(url)).text
    assert all(wallet in page for wallet in ("微信支付", "支付宝", "云闪付"))


@pytest.mark.parametrize(
    "path",
    [
        "/cashier/index.html?params=x",
        "/cashier/index.html?params=" + json.dumps([1]),
        "/standard/auth.htm",
        "/cgi-bin/mmpayweb-bin/checkmweb",
    ],
)
async def test_unknown_order_has_no_page(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404
