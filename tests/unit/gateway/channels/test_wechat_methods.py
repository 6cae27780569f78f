"""WeChat Pay: what each method and operation asks, and what the payer is given."""

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    operations_of,
    order,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.wechat_side import (
    APPID,
    MCHID,
    WechatSide,
)

from contracts.actions import AppAction, JsapiAction, NoAction, QrCodeAction, RedirectAction
from contracts.api import Method
from gateway.channels.plugin import (
    Declined,
    Outcome,
    Pending,
    Succeeded,
    Unknown,
    Unverifiable,
)

PLUGIN = WechatSide.plugin
ORDER_PATH = f"/v3/pay/transactions/out-trade-no/{PAYMENT_NO}"


@pytest.fixture(scope="module")
def side() -> WechatSide:
    return WechatSide()


@pytest.fixture(scope="module")
def account(side: WechatSide) -> Any:
    return opened(side)


# ── what is asked ──


def test_native_asks_for_a_code_url(side: WechatSide, account: Any) -> None:
    outcome_in = asked(side, account, PLUGIN.methods[Method.NATIVE], order())
    assert outcome_in.operation == "POST /v3/pay/transactions/native"
    assert outcome_in.content == {
        "appid": APPID,
        "mchid": MCHID,
        "description": "物业费 11月",
        "out_trade_no": PAYMENT_NO,
        "time_expire": "2026-01-31T14:00:00+08:00",
        "notify_url": "https://pay.example/webhooks/channel/C01",
        "amount": {"total": 1299, "currency": "CNY"},
    }


def test_wechat_pay_has_two_addresses_for_the_same(side: WechatSide) -> None:
    """The signature covers the path; a sandbox, or a proxy of the merchant's, has one."""
    paths = {}
    for base_url in ("https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com"):
        account = opened(side, base_url=base_url)
        call = PLUGIN.query.call(trade(), account)
        request = PLUGIN.wire.sign(call, account, MOMENT)
        assert request.url.startswith(base_url)
        paths[base_url] = request.url.removeprefix(base_url), request.spare_url
    [(path, spare), (_, back)] = paths.values()
    assert (spare, back) == tuple(f"{base_url}{path}" for base_url in reversed(paths))
    elsewhere = opened(side, base_url="https://pay.example/wechat")
    assert not PLUGIN.wire.sign(PLUGIN.query.call(trade(), elsewhere), elsewhere, MOMENT).spare_url


def test_the_payer_has_at_least_a_minute(side: WechatSide, account: Any) -> None:
    soon_over = order(expires_at=NOW + timedelta(seconds=1))
    outcome_in = asked(side, account, PLUGIN.methods[Method.NATIVE], soon_over)
    assert outcome_in.content["time_expire"] == "2026-01-31T12:01:30+08:00"


def test_a_payer_who_chose_late_on_our_page_has_it_too(side: WechatSide, account: Any) -> None:
    order_is_old: dict[str, Any] = {"created_at": NOW - timedelta(hours=2), "initiated_at": NOW}
    soon_over = order(expires_at=NOW + timedelta(seconds=1), **order_is_old)
    outcome_in = asked(side, account, PLUGIN.methods[Method.NATIVE], soon_over)
    assert outcome_in.content["time_expire"] == "2026-01-31T12:01:30+08:00"


@pytest.mark.parametrize(
    ("method", "path", "extra"),
    [
        (Method.JSAPI, "jsapi", {"payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}),
        (Method.MINI_PROGRAM, "jsapi", {"payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}),
        (Method.APP, "app", {}),
        (
            Method.H5,
            "h5",
            {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}},
        ),
        (
            Method.BARCODE,
            "codepay",
            {
                "payer": {"auth_code": "134567890123456789"},
                "scene_info": {"device_ip": "203.0.113.7", "store_info": {"id": "1"}},
            },
        ),
    ],
)
def test_each_method_asks_at_its_own_address(
    side: WechatSide, account: Any, method: Method, path: str, extra: dict[str, Any]
) -> None:
    outcome_in = asked(side, account, PLUGIN.methods[method], order(method))
    assert outcome_in.operation == f"POST /v3/pay/transactions/{path}"
    assert {name: outcome_in.content.get(name) for name in extra} == extra
    assert ("notify_url" in outcome_in.content) == (method is not Method.BARCODE)


def test_a_payment_code_may_take_half_a_minute(account: Any) -> None:
    assert PLUGIN.methods[Method.BARCODE].call(order(Method.BARCODE), account).timeout_s == 30
    assert PLUGIN.methods[Method.NATIVE].call(order(), account).timeout_s == 10


def test_operations_ask_by_our_numbers(side: WechatSide, account: Any) -> None:
    outcome_in = {
        name: asked(side, account, operation, subject)
        for name, (operation, subject) in operations_of(PLUGIN).items()
    }
    refund_path = "/v3/refund/domestic/refunds"
    assert outcome_in["query"].operation == f"GET {ORDER_PATH}"
    assert outcome_in["query"].content == {"mchid": MCHID}
    assert outcome_in["close"].operation == f"POST {ORDER_PATH}/close"
    assert outcome_in["close"].content == {"mchid": MCHID}
    assert outcome_in["query_refund"].operation == f"GET {refund_path}/{REFUND_NO}"
    assert outcome_in["refund"].operation == f"POST {refund_path}"
    assert outcome_in["refund"].content == {
        "out_trade_no": PAYMENT_NO,
        "out_refund_no": REFUND_NO,
        "reason": "多收退回",
        "notify_url": "https://pay.example/webhooks/channel/C01",
        "amount": {"refund": 500, "total": 1299, "currency": "CNY"},
    }


def test_a_payment_code_is_reversed_not_closed(side: WechatSide, account: Any) -> None:
    assert PLUGIN.close is not None
    outcome_in = asked(side, account, PLUGIN.close, trade(Method.BARCODE))
    assert outcome_in.operation == f"POST {ORDER_PATH}/reverse"
    assert outcome_in.content == {"appid": APPID, "mchid": MCHID}
    again = side.answer({"out_trade_no": PAYMENT_NO, "recall": "Y"})
    assert isinstance(outcome(side, account, PLUGIN.close, trade(Method.BARCODE), again), Unknown)


def test_a_path_before_the_api_is_signed_too(side: WechatSide) -> None:
    account = opened(side, base_url="https://proxy.example/wechat/")
    request = PLUGIN.wire.sign(PLUGIN.query.call(trade(), account), account, MOMENT)
    assert request.url.startswith(f"https://proxy.example/wechat{ORDER_PATH}?")
    assert side.asked(request).operation == f"GET /wechat{ORDER_PATH}"


# ── what an initiation gives the payer ──


def test_native_gives_a_qr_code_also_on_a_computer(side: WechatSide, account: Any) -> None:
    reply = side.prepared(Method.NATIVE, PAYMENT_NO)
    for method in (Method.NATIVE, Method.PC):
        outcome_in = outcome(side, account, PLUGIN.methods[method], order(method), reply)
        assert outcome_in == Pending(QrCodeAction(qr_code="weixin://wxpay/bizpayurl?pr=abc"))


def test_the_bridge_is_given_a_signed_prepay_id(side: WechatSide, account: Any) -> None:
    for method in (Method.JSAPI, Method.MINI_PROGRAM):
        reply = side.prepared(method, PAYMENT_NO)
        outcome_in: Any = outcome(side, account, PLUGIN.methods[method], order(method), reply)
        assert isinstance(outcome_in.action, JsapiAction)
        given = outcome_in.action.params
        text = f"{APPID}\n{given['timeStamp']}\n{given['nonceStr']}\n{given['package']}\n"
        assert given["package"] == "prepay_id=wx31120000prepay"
        assert given["timeStamp"] == str(int(NOW.timestamp()))
        assert side.merchant.is_signed(text.encode(), given["paySign"])
        assert sorted(given) == sorted(
            ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]
        )


def test_the_app_is_given_a_signed_bare_prepay_id(side: WechatSide, account: Any) -> None:
    reply = side.prepared(Method.APP, PAYMENT_NO)
    outcome_in: Any = outcome(side, account, PLUGIN.methods[Method.APP], order(Method.APP), reply)
    assert isinstance(outcome_in.action, AppAction)
    given = outcome_in.action.params
    text = f"{APPID}\n{given['timestamp']}\n{given['noncestr']}\nwx31120000prepay\n"
    assert side.merchant.is_signed(text.encode(), given["sign"])
    assert (given["partnerid"], given["package"]) == (MCHID, "Sign=WXPay")


def test_h5_comes_back_to_the_app(side: WechatSide, account: Any) -> None:
    reply = side.prepared(Method.H5, PAYMENT_NO)
    way = PLUGIN.methods[Method.H5]
    page = "https://wx.tenpay.example/checkmweb?prepay_id=wx1"
    back = "https%3A%2F%2Fapp.example%2Fback%3Forder%3D1"
    assert outcome(side, account, way, order(Method.H5), reply) == Pending(
        RedirectAction(url=f"{page}&redirect_url={back}")
    )
    without = outcome(side, account, way, order(Method.H5, return_url=None), reply)
    assert without == Pending(RedirectAction(url=page))


def test_a_payment_code_is_paid_waits_or_fails(side: WechatSide, account: Any) -> None:
    way, requested = PLUGIN.methods[Method.BARCODE], order(Method.BARCODE)

    def outcome_in(state: str) -> Outcome:
        return outcome(
            side, account, way, requested, side.answer(side.transaction(PAYMENT_NO, state))
        )

    assert isinstance(outcome_in("SUCCESS"), Succeeded)
    assert outcome_in("USERPAYING") == Pending(NoAction())
    assert outcome_in("PAYERROR") == Declined("PAYERROR", "…")
    other = side.answer(side.transaction("P2", "SUCCESS"))
    with pytest.raises(Unverifiable):
        outcome(side, account, way, requested, other)


@pytest.mark.parametrize("method", [Method.NATIVE, Method.JSAPI, Method.APP, Method.H5])
def test_an_answer_without_its_content_is_no_answer(
    side: WechatSide, account: Any, method: Method
) -> None:
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.methods[method], order(method), side.answer({}))
