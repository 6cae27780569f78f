"""Alipay: what each method and operation asks, and what the payer is given."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.unit.gateway.channels.alipay_side import (
    APP_ID,
    SELLER_ID,
    TRADE_NO,
    AlipaySide,
)
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome

from contracts.actions import AppAction, FormAction, JsapiAction, NoAction, RedirectAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    Pending,
    Request,
    Succeeded,
    Unverifiable,
)

PLUGIN = AlipaySide.plugin
PAID_AT = NOW + timedelta(seconds=5)


@pytest.fixture(scope="module")
def side() -> AlipaySide:
    return AlipaySide()


@pytest.fixture(scope="module")
def account(side: AlipaySide) -> Any:
    return opened(side)


def method_of(account: Any, operation: Any, subject: Any) -> str:
    target: str = operation.call(subject, account).target
    return target


def handed_over(account: Any, method: Method, **changed: Any) -> tuple[Request, Any]:
    way: Any = PLUGIN.methods[method]
    request = PLUGIN.wire.sign(way.call(order(method, **changed), account), account, MOMENT)
    return request, way.outcome(request).action


# ── what is asked ──


def test_native_asks_for_a_qr_code(side: AlipaySide, account: Any) -> None:
    answered = asked(side, account, PLUGIN.methods[Method.NATIVE], order(client_ip=None))
    params = answered.content[""]
    assert answered.operation == "alipay.trade.precreate"
    assert params["notify_url"] == "https://pay.example/webhooks/channel/C01"
    assert json.loads(params["biz_content"]) == {
        "out_trade_no": PAYMENT_NO,
        "total_amount": "12.99",
        "subject": "物业费 11月",
        "product_code": "FACE_TO_FACE_PAYMENT",
        "time_expire": "2026-01-31 14:00:00",
    }


def test_a_contract_may_name_another_product(side: AlipaySide) -> None:
    account = opened(side, native_product_code="QR_CODE_OFFLINE")
    answered = asked(side, account, PLUGIN.methods[Method.NATIVE], order())
    assert answered.content["product_code"] == "QR_CODE_OFFLINE"


def test_what_a_subject_must_not_hold_is_replaced(side: AlipaySide, account: Any) -> None:
    answered = asked(side, account, PLUGIN.methods[Method.NATIVE], order(subject="a/b=c&d 楼"))
    assert answered.content["subject"] == "a／b＝c＆d 楼"


def test_the_payer_has_at_least_a_minute(side: AlipaySide, account: Any) -> None:
    soon_over = order(expires_at=NOW + timedelta(seconds=1))
    answered = asked(side, account, PLUGIN.methods[Method.NATIVE], soon_over)
    assert answered.content["time_expire"] == "2026-01-31 12:01:30"


@pytest.mark.parametrize(
    ("amount_minor", "text"), [(1, "0.01"), (10, "0.10"), (100, "1.00"), (10**12, "10000000000.00")]
)
def test_amounts_are_decimal_text(
    side: AlipaySide, account: Any, amount_minor: int, text: str
) -> None:
    requested = order(amount=Money(amount_minor, "CNY"))
    answered = asked(side, account, PLUGIN.methods[Method.NATIVE], requested)
    assert answered.content["total_amount"] == text


def test_the_payers_address_is_told_for_risk_control(side: AlipaySide, account: Any) -> None:
    answered = asked(side, account, PLUGIN.methods[Method.NATIVE], order())
    assert answered.content["business_params"] == {"mc_create_trade_ip": "203.0.113.7"}


@pytest.mark.parametrize("method", [Method.JSAPI, Method.MINI_PROGRAM])
def test_the_payer_is_named_by_open_id_or_user_id(
    side: AlipaySide, account: Any, method: Method
) -> None:
    way = PLUGIN.methods[method]
    new = asked(side, account, way, order(method, openid="074a1CcTG1LelxKe4xQC0zgNdId0nxi"))
    old = asked(side, account, way, order(method, openid="2088000000000009"))
    assert new.operation == "alipay.trade.create"
    assert new.content["buyer_open_id"] == "074a1CcTG1LelxKe4xQC0zgNdId0nxi"
    assert old.content["buyer_id"] == "2088000000000009"
    assert "buyer_id" not in new.content
    assert (new.content["product_code"], new.content["op_app_id"]) == ("JSAPI_PAY", APP_ID)


def test_a_page_of_a_web_app_names_neither_product_nor_mini_program(side: AlipaySide) -> None:
    """Alipay refuses it as a JSAPI payment, which is of mini programs: ACQ.OPEN_ID_NOT_TINY_APP."""
    account = opened(side, jsapi_product_code="FACE_TO_FACE_PAYMENT", op_app_id="2021004000000004")
    page = asked(side, account, PLUGIN.methods[Method.JSAPI], order(Method.JSAPI))
    assert page.operation == "alipay.trade.create"
    assert page.content.keys().isdisjoint({"product_code", "op_app_id"})
    within = asked(side, account, PLUGIN.methods[Method.MINI_PROGRAM], order(Method.MINI_PROGRAM))
    assert (within.content["product_code"], within.content["op_app_id"]) == (
        "JSAPI_PAY",
        "2021004000000004",
    )


def test_a_payment_code_is_scanned(side: AlipaySide, account: Any) -> None:
    way: Any = PLUGIN.methods[Method.BARCODE]
    answered = asked(side, account, way, order(Method.BARCODE))
    assert answered.operation == "alipay.trade.pay"
    assert (answered.content["scene"], answered.content["auth_code"]) == (
        "bar_code",
        "134567890123456789",
    )
    assert way.call(order(Method.BARCODE), account).timeout_s == 30


def test_a_face_is_another_scene(side: AlipaySide, account: Any) -> None:
    """A code that Alipay's camera gave for the payer's face (刷脸) begins with fp."""
    face = f"fp{'0' * 33}"
    scanned = order(Method.BARCODE, auth_code=face)
    sent = asked(side, account, PLUGIN.methods[Method.BARCODE], scanned).content
    assert (sent["scene"], sent["auth_code"]) == ("security_code", face)


def test_operations_ask_by_our_numbers(side: AlipaySide, account: Any) -> None:
    assert PLUGIN.close is not None
    for operation, subject, method, content in (
        (PLUGIN.query, trade(), "alipay.trade.query", {"out_trade_no": PAYMENT_NO}),
        (PLUGIN.close, trade(), "alipay.trade.close", {"out_trade_no": PAYMENT_NO}),
        (
            PLUGIN.close,
            trade(Method.BARCODE),
            "alipay.trade.cancel",
            {"out_trade_no": PAYMENT_NO},
        ),
        (
            PLUGIN.refund,
            refunding(),
            "alipay.trade.refund",
            {
                "out_trade_no": PAYMENT_NO,
                "out_request_no": REFUND_NO,
                "refund_amount": "5.00",
                "refund_reason": "多收退回",
            },
        ),
        (
            PLUGIN.query_refund,
            refunding(),
            "alipay.trade.fastpay.refund.query",
            {"out_trade_no": PAYMENT_NO, "out_request_no": REFUND_NO},
        ),
    ):
        answered = asked(side, account, operation, subject)
        assert answered.operation == method
        assert {name: answered.content.get(name) for name in content} == content


def test_a_service_provider_acts_by_its_token(side: AlipaySide) -> None:
    account = opened(side, app_auth_token="token-of-the-merchant", seller_id=SELLER_ID)
    answered = asked(side, account, PLUGIN.query, trade())
    assert answered.content[""]["app_auth_token"] == "token-of-the-merchant"
    assert "token-of-the-merchant" not in repr(account)


# ── what is handed over ──


def test_pc_is_a_form_that_the_browser_submits(side: AlipaySide, account: Any) -> None:
    _, action = handed_over(account, Method.PC)
    assert isinstance(action, FormAction)
    assert action.method == "POST"
    body = urlencode(action.fields).encode()
    answered = side.asked(Request("POST", action.url, {}, body))
    assert answered.operation == "alipay.trade.page.pay"
    assert answered.content["product_code"] == "FAST_INSTANT_TRADE_PAY"
    assert answered.content[""]["return_url"] == "https://app.example/back?order=1"


def test_h5_is_a_link(side: AlipaySide, account: Any) -> None:
    _, action = handed_over(account, Method.H5)
    assert isinstance(action, RedirectAction)
    answered = side.asked(Request("GET", action.url, {}, b""))
    assert answered.operation == "alipay.trade.wap.pay"
    assert answered.content["product_code"] == "QUICK_WAP_WAY"
    assert answered.content["quit_url"] == "https://app.example/back?order=1"
    _, without = handed_over(account, Method.H5, return_url=None)
    answered = side.asked(Request("GET", without.url, {}, b""))
    assert answered.content["quit_url"] == "https://www.alipay.com"
    assert "return_url" not in answered.content[""]


def test_pages_are_asked_for_no_longer_addresses_than_alipay_takes() -> None:
    assert PLUGIN.return_url_characters == 256


def test_app_is_an_order_string(side: AlipaySide, account: Any) -> None:
    _, action = handed_over(account, Method.APP)
    assert isinstance(action, AppAction)
    url = f"https://alipay.example/gateway.do?{action.params['order_string']}"
    answered = side.asked(Request("GET", url, {}, b""))
    assert answered.operation == "alipay.trade.app.pay"
    assert answered.content["product_code"] == "QUICK_MSECURITY_PAY"
    assert "return_url" not in answered.content[""]
    assert "+" not in action.params["order_string"]


# ── what an initiation gives the payer ──


def test_the_bridge_is_given_the_trade_number(side: AlipaySide, account: Any) -> None:
    for method in (Method.JSAPI, Method.MINI_PROGRAM):
        reply = side.prepared(method, PAYMENT_NO)
        answered = outcome(side, account, PLUGIN.methods[method], order(method), reply)
        assert answered == Pending(JsapiAction(params={"trade_no": TRADE_NO}), channel_no=TRADE_NO)


def test_a_payment_code_is_paid_waits_or_fails(side: AlipaySide, account: Any) -> None:
    way, requested = PLUGIN.methods[Method.BARCODE], order(Method.BARCODE)
    paid = side.prepared(Method.BARCODE, PAYMENT_NO)
    names = {"out_trade_no": PAYMENT_NO, "trade_no": TRADE_NO}
    waits = side.answer("alipay.trade.pay", names, "10003")
    broke = side.business_refusal("alipay.trade.pay", "BUYER_BALANCE_NOT_ENOUGH")
    assert outcome(side, account, way, requested, paid) == Succeeded(
        TRADE_NO, Money(1299, "CNY"), PAID_AT
    )
    assert outcome(side, account, way, requested, waits) == Pending(NoAction())
    assert isinstance(outcome(side, account, way, requested, broke), Declined)


@pytest.mark.parametrize("method", [Method.NATIVE, Method.JSAPI, Method.BARCODE])
@pytest.mark.parametrize("content", [{"out_trade_no": PAYMENT_NO}, {"out_trade_no": "P2"}])
def test_an_answer_without_its_content_is_no_answer(
    side: AlipaySide, account: Any, method: Method, content: dict[str, str]
) -> None:
    way, requested = PLUGIN.methods[method], order(method)
    reply = side.answer(method_of(account, way, requested), content)
    with pytest.raises(Unverifiable):
        outcome(side, account, way, requested, reply)
