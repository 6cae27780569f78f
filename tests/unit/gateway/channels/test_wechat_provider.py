"""WeChat Pay through a service provider (服务商): who is named where, and who is believed."""

import json
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    PAYMENT_NO,
    REFUND_NO,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.wechat_side import APPID, MCHID, REFUND_ID, WechatSide

from contracts.api import Method
from gateway.channels.plugin import Pending, Succeeded, Unverifiable

PLUGIN = WechatSide.plugin
SUB_MCHID, SUB_APPID = "1900000555", "wx5550000000000000"
MERCHANTS = {"sp_mchid": MCHID, "sub_mchid": SUB_MCHID}
ORDERS = "/v3/pay/partner/transactions"


@pytest.fixture(scope="module")
def side() -> WechatSide:
    return WechatSide()


@pytest.fixture(scope="module")
def account(side: WechatSide) -> Any:
    return opened(side, sub_mchid=SUB_MCHID)


def fields(**changed: Any) -> dict[str, Any]:
    """A paid order as WeChat Pay tells it to a provider."""
    direct = WechatSide().transaction(PAYMENT_NO, "SUCCESS")
    own = {name: value for name, value in direct.items() if name not in ("appid", "mchid")}
    return {**own, "sp_appid": APPID, **MERCHANTS, **changed}


@pytest.mark.parametrize("method", list(PLUGIN.methods))
def test_an_order_names_the_provider_and_the_merchant(
    side: WechatSide, account: Any, method: Method
) -> None:
    got = asked(side, account, PLUGIN.methods[method], order(method))
    kind = {"pc": "native", "mini_program": "jsapi", "barcode": "codepay"}.get(method, method)
    assert got.operation == f"POST {ORDERS}/{kind}"
    assert MERCHANTS.items() <= got.content.items()
    assert got.content["sp_appid"] == APPID
    assert not {"mchid", "appid", "sub_appid"} & set(got.content)


def test_questions_name_the_merchants(side: WechatSide, account: Any) -> None:
    number = f"{ORDERS}/out-trade-no/{PAYMENT_NO}"
    query = asked(side, account, PLUGIN.query, trade())
    assert (query.operation, query.content) == (f"GET {number}", MERCHANTS)
    close = asked(side, account, PLUGIN.close, trade())
    assert (close.operation, close.content) == (f"POST {number}/close", MERCHANTS)
    reverse = asked(side, account, PLUGIN.close, trade(Method.BARCODE))
    assert reverse.operation == f"POST {number}/reverse"
    assert asked(side, account, PLUGIN.refund, refunding()).content["sub_mchid"] == SUB_MCHID
    asks = asked(side, account, PLUGIN.query_refund, refunding())
    assert asks.content == {"sub_mchid": SUB_MCHID}


@pytest.mark.parametrize(
    ("sub_appid", "payer", "app"),
    [(None, "sp_openid", APPID), (SUB_APPID, "sub_openid", SUB_APPID)],
)
def test_the_payer_is_known_under_the_app_that_calls(
    side: WechatSide, sub_appid: str | None, payer: str, app: str
) -> None:
    account, way = opened(side, sub_mchid=SUB_MCHID, sub_appid=sub_appid), Method.JSAPI
    got = asked(side, account, PLUGIN.methods[way], order(way))
    assert list(got.content["payer"]) == [payer]
    assert got.content.get("sub_appid") == sub_appid
    reply = side.prepared(way, PAYMENT_NO)
    answered = outcome(side, account, PLUGIN.methods[way], order(way), reply)
    assert isinstance(answered, Pending)
    assert answered.action is not None
    assert json.loads(answered.action.model_dump_json())["params"]["appId"] == app


def test_a_paid_order_is_read(side: WechatSide, account: Any) -> None:
    answered = outcome(side, account, PLUGIN.query, trade(), side.answer(fields()))
    assert isinstance(answered, Succeeded)
    notification = side.notification("TRANSACTION.SUCCESS", fields())
    [notified] = PLUGIN.notifications.read(notification, account, MOMENT)
    assert notified.payment_no == PAYMENT_NO


@pytest.mark.parametrize(
    "changed",
    [{"sub_mchid": "1900000556"}, {"sp_mchid": "1900000110"}, {"sp_appid": "wxother0000000000"}],
)
def test_words_about_another_merchant_of_the_provider_are_refused(
    side: WechatSide, account: Any, changed: dict[str, str]
) -> None:
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query, trade(), side.answer(fields(**changed)))
    notification = side.notification("TRANSACTION.SUCCESS", fields(**changed))
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, account, MOMENT)


def test_a_notification_to_a_direct_merchant_is_none_for_a_provider(
    side: WechatSide, account: Any
) -> None:
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(side.paid_notification(PAYMENT_NO), account, MOMENT)
    notification, direct = side.notification("TRANSACTION.SUCCESS", fields()), opened(side)
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, direct, MOMENT)


def test_a_refund_notification_names_the_merchants_only(side: WechatSide, account: Any) -> None:
    content = {
        **{k: v for k, v in side.refund(REFUND_NO, PAYMENT_NO, "SUCCESS").items() if k != "status"},
        **MERCHANTS,
        "refund_status": "SUCCESS",
    }
    [answered] = PLUGIN.notifications.read(
        side.notification("REFUND.SUCCESS", content), account, MOMENT
    )
    assert isinstance(answered.outcome, Succeeded)
    assert answered.outcome.channel_no == REFUND_ID


def test_an_app_of_a_merchant_needs_the_merchant(side: WechatSide) -> None:
    with pytest.raises(ValueError, match="goes together with sub_mchid"):
        opened(side, sub_appid=SUB_APPID)
