"""What our Alipay refuses, and how it says so."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox import codes
from sandbox.alipay.account import KIND, root_sn
from sandbox.alipay.refunds import APART_S, REFUND_ASKED_AT
from sandbox.deps import Deps

from .merchants import AlipayMerchant, new_number, sign

QUERY = "alipay.trade.query"
CREATE = "alipay.trade.create"


async def of_sort(alipay: AlipayMerchant, sort: str) -> AlipayMerchant:
    asked = {"channel": "alipay", "sort": sort}
    opened = await alipay.http.post("/_control/merchants", json=asked)
    return AlipayMerchant(alipay.http, opened.json())


async def created(merchant: AlipayMerchant, **more: str) -> str | None:
    biz = {"total_amount": "1.00", "subject": "物业费", "buyer_open_id": "074a1", **more}
    node = await merchant.call(CREATE, {"out_trade_no": new_number(), **biz})
    return node.get("sub_code")


async def test_a_web_app_is_no_mini_program(alipay: AlipayMerchant) -> None:
    web, mini = await of_sort(alipay, "web"), await of_sort(alipay, "mini_program")
    for app, code in ((web, "ACQ.OPEN_ID_NOT_TINY_APP"), (mini, None)):
        named = {"product_code": "JSAPI_PAY", "op_app_id": app.known["app_id"]}
        assert [await created(each, **named) for each in (web, mini, alipay)] == [code] * 3


async def test_a_mini_program_is_paid_as_one(alipay: AlipayMerchant) -> None:
    web, mini = await of_sort(alipay, "web"), await of_sort(alipay, "mini_program")
    assert [await created(each) for each in (web, alipay)] == [None, None]
    assert await created(mini) == "ACQ.PRODUCT_NOT_SUPPORT_IN_TINY_APP"


@pytest.mark.parametrize(("field", "limit"), [("return_url", 256), ("quit_url", 400)])
async def test_addresses_have_their_length(alipay: AlipayMerchant, field: str, limit: int) -> None:
    for more, status in ((0, 302), (1, 200)):
        url = "https://shop.example/".ljust(limit + more, "x")
        quit_url = url if field == "quit_url" else "https://shop.example"
        biz = {"out_trade_no": new_number(), "total_amount": "1.00", "subject": "物业费"}
        biz |= {"product_code": "QUICK_WAP_WAY", "quit_url": quit_url}
        changed = {"return_url": url} if field == "return_url" else {}
        sent = await alipay.send(alipay.params("alipay.trade.wap.pay", biz, **changed))
        assert sent.status_code == status
        assert (field in sent.content.decode("gbk")) == bool(more)


@pytest.mark.parametrize(
    ("changed", "sub_code"),
    [
        ({"app_id": "2021"}, "isv.invalid-app-id"),
        ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
        ({"sign_type": ""}, "isv.missing-signature-type"),
        ({"version": ""}, "isv.missing-version"),
        ({"version": "2.0"}, "isv.invalid-version"),
        ({"timestamp": ""}, "isv.missing-timestamp"),
        ({"timestamp": "2026-11-22T10:00:00"}, "isv.invalid-timestamp"),
        ({"timestamp": "2020-01-01 00:00:00"}, "isv.invalid-timestamp"),
        ({"charset": "gbk"}, "isv.invalid-charset"),
        ({"biz_content": "{"}, "isv.invalid-parameter"),
        ({"biz_content": "[]"}, "isv.invalid-parameter"),
        ({"app_cert_sn": "0"}, "isv.invalid-app-cert-sn"),
    ],
)
async def test_public_parameters_must_be_right(
    alipay: AlipayMerchant, changed: dict[str, str], sub_code: str
) -> None:
    node = await alipay.call(QUERY, {"out_trade_no": "P1"}, **changed)
    assert node["sub_code"] == sub_code


async def test_who_cannot_be_verified_gets_no_signature(alipay: AlipayMerchant) -> None:
    params = alipay.params(QUERY, {"out_trade_no": "P1"}) | {"biz_content": "{}"}
    answer = (await alipay.send(params)).json()
    assert answer.keys() == {"alipay_trade_query_response"}
    assert answer["alipay_trade_query_response"]["sub_code"] == "isv.invalid-signature"


async def test_refusals_of_the_verified_are_signed_over_their_own_text(
    alipay: AlipayMerchant, deps: Deps
) -> None:
    raw = (await alipay.send(alipay.params(QUERY, {"out_trade_no": "P1"}))).text
    start = raw.index("{", 1)
    text = raw[start : raw.index("}", start) + 1]
    assert json.loads(text)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    key = deps.accounts(KIND).first().alipay_key
    assert key.is_signed(text.encode(), json.loads(raw)["sign"])


async def test_header_says_html_though_the_body_is_json(alipay: AlipayMerchant) -> None:
    answer = await alipay.send(alipay.params(QUERY, {"out_trade_no": "P1"}))
    assert answer.headers["content-type"] == "text/html;charset=utf-8"


async def test_unknown_method_is_invalid(alipay: AlipayMerchant) -> None:
    assert (await alipay.call("alipay.sing", {}))["sub_code"] == "isv.invalid-method"


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "has-dash"},
        {"out_trade_no": "P" * 65},
        {"total_amount": "0.00"},
        {"total_amount": "1.001"},
        {"total_amount": "-1"},
        {"subject": "a=b"},
        {"subject": ""},
        {"subject": "x" * 257},
        {"product_code": "QUICK_WAP_WAY"},
        {"timeout_express": "16d"},
        {"timeout_express": "1.5h"},
        {"time_expire": "tomorrow"},
        {"body": "x" * 129},
    ],
)
async def test_wrong_business_parameters_are_invalid(
    alipay: AlipayMerchant, change: dict[str, Any]
) -> None:
    node = await alipay.precreate(new_number(), **change)
    assert node["sub_code"] == "ACQ.INVALID_PARAMETER"


async def test_too_much_and_too_late_have_their_own_codes(alipay: AlipayMerchant) -> None:
    past = datetime.now(timezone(timedelta(hours=8))) - timedelta(minutes=1)
    much = await alipay.precreate(new_number(), "100000000.01")
    late = await alipay.precreate(new_number(), time_expire=past.strftime("%Y-%m-%d %H:%M:%S"))
    assert much["sub_code"] == "ACQ.TOTAL_FEE_EXCEED"
    assert late["sub_code"] == "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"


async def test_paid_and_closed_numbers_are_over(alipay: AlipayMerchant) -> None:
    paid, closed = new_number(), new_number()
    await alipay.precreate(paid)
    await alipay.precreate(closed)
    await alipay.http.post("/_control/pay", json={"payment_no": paid})
    await alipay.call("alipay.trade.close", {"out_trade_no": closed})
    assert (await alipay.precreate(paid))["sub_code"] == "ACQ.TRADE_HAS_SUCCESS"
    assert (await alipay.precreate(closed))["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


async def test_failed_refund_is_final_under_its_number_and_another_comes_some_seconds_later(
    alipay: AlipayMerchant, deps: Deps
) -> None:
    number = new_number()
    await alipay.precreate(number)
    await alipay.http.post("/_control/pay", json={"payment_no": number})
    hold = {"channel": "alipay", "operation": "refund", "fault": "hold", "times": 1}
    await alipay.http.post("/_control/faults", json=hold)
    request = {"out_trade_no": number, "out_request_no": "R1", "refund_amount": "1.00"}
    await alipay.call("alipay.trade.refund", request)
    await alipay.http.post("/_control/refunds", json={"refund_no": "R1", "state": "failed"})
    again = await alipay.call("alipay.trade.refund", request)
    asked = await alipay.call("alipay.trade.fastpay.refund.query", request)
    soon = await alipay.call("alipay.trade.refund", request | {"out_request_no": "R2"})
    (trade,) = deps.truth.list_trades(number, None)
    trade.details[REFUND_ASKED_AT] -= APART_S
    deps.truth.save_trade(trade)
    other = await alipay.call("alipay.trade.refund", request | {"out_request_no": "R2"})
    assert soon["sub_code"] == "ACQ.SYSTEM_ERROR"
    assert again["sub_code"] == "ACQ.TRADE_NOT_ALLOW_REFUND"
    assert asked["refund_status"] == "REFUND_FAIL"
    assert other["fund_change"] == "Y"


async def test_part_of_a_payment_goes_back_under_a_number_only(alipay: AlipayMerchant) -> None:
    number = new_number()
    await alipay.precreate(number)
    request = {"out_trade_no": number, "refund_amount": "0.50"}
    unpaid = await alipay.call("alipay.trade.refund", request | {"out_request_no": "R1"})
    assert unpaid["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
    await alipay.http.post("/_control/pay", json={"payment_no": number})
    nameless = await alipay.call("alipay.trade.refund", request)
    assert nameless["sub_code"] == "ACQ.INVALID_PARAMETER"
    full = await alipay.call("alipay.trade.refund", request | {"refund_amount": "1.00"})
    assert full["fund_change"] == "Y"


async def test_answers_are_as_untidy_as_alipays_own(alipay: AlipayMerchant) -> None:
    """Slashes are escaped, and the signature covers the text as it stands; fields are empty, or of
    a later release."""
    order = {"out_trade_no": new_number(), "total_amount": "1.00", "subject": "物业费"}
    answer = await alipay.send(alipay.params("alipay.trade.precreate", order))
    node = answer.json()["alipay_trade_precreate_response"]
    assert (node["store_name"], node["of_a_later_release"]) == ("", "?")
    assert node["qr_code"].startswith("https://")
    assert rb"https:\/\/" in answer.content


async def test_refund_nobody_asked_for_is_answered_without_fields(alipay: AlipayMerchant) -> None:
    number = new_number()
    await alipay.precreate(number)
    request = {"out_trade_no": number, "out_request_no": "R1"}
    node = await alipay.call("alipay.trade.fastpay.refund.query", request)
    assert node == {"code": "10000", "msg": "Success"}


async def test_nothing_to_cancel_is_no_error(alipay: AlipayMerchant) -> None:
    node = await alipay.call("alipay.trade.cancel", {"out_trade_no": "P1"})
    assert (node["code"], node["retry_flag"]) == ("10000", "N")
    assert "action" not in node


async def test_page_errors_are_pages_in_gbk(alipay: AlipayMerchant) -> None:
    request = {"out_trade_no": "<b>", "total_amount": "1", "subject": "x"}
    biz = request | {"product_code": "FAST_INSTANT_TRADE_PAY"}
    answer = await alipay.send(alipay.params("alipay.trade.page.pay", biz))
    assert answer.headers["content-type"] == "text/html;charset=GBK"
    assert "参数无效" in answer.content.decode("gbk")


def test_certificate_numbers_leave_out_what_is_not_rsa(deps: Deps) -> None:
    account = deps.accounts(KIND).first()
    assert "_" not in account.alipay_root_cert_sn
    assert account.alipay_root_cert_pem.count("BEGIN CERTIFICATE") == 2
    assert root_sn(account.app_cert_pem) == account.app_cert_sn


def test_signing_by_hand_is_what_the_account_verifies(deps: Deps) -> None:
    account = deps.accounts(KIND).first()
    signature = sign(account.key.private_pem, "a=1&b=2")
    assert account.key.is_signed(b"a=1&b=2", signature)
    assert not account.key.is_signed(b"a=1&b=3", signature)
    assert not account.key.is_signed(b"a=1&b=2", "not base64")


async def test_a_code_lives_two_hours_and_the_same_order_gives_a_fresh_one(
    alipay: AlipayMerchant, deps: Deps
) -> None:
    number = new_number()
    first = (await alipay.precreate(number))["qr_code"]
    trade = deps.truth.list_trades(number, None)[0]
    trade.details[codes.MADE_AT] -= 7_201
    deps.truth.save_trade(trade)
    asked = {"payment_no": number, "notify": False}
    assert (await alipay.http.post("/_control/pay", json=asked)).status_code == 409
    assert (await alipay.precreate(number))["qr_code"] not in ("", first)
    assert (await alipay.http.post("/_control/pay", json=asked)).status_code == 200
    assert len(deps.truth.list_trades(number, None)) == 1
