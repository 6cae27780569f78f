"""PyPI `python-alipay-sdk` as the client of our Alipay, and as the reader of its notifications."""

import io
import json
import time
import uuid
import zipfile
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from alipay import AliPay, DCAliPay
from alipay.exceptions import AliPayValidationError

from .conftest import Merchant, RunningSandbox

pytestmark = pytest.mark.filterwarnings("ignore:X509.get_issuer:DeprecationWarning")

BEIJING = timezone(timedelta(hours=8))
JSAPI = {"product_code": "JSAPI_PAY", "op_app_id": "2021000000000000", "buyer_open_id": "074a1"}


def _by_key(known: dict[str, str], notify_url: str) -> Any:
    return AliPay(
        appid=known["app_id"],
        app_notify_url=notify_url,
        app_private_key_string=known["app_private_key_pem"],
        alipay_public_key_string=known["alipay_public_key_pem"],
    )


def _by_certificate(known: dict[str, str], certificates: dict[str, str], notify_url: str) -> Any:
    return DCAliPay(
        appid=known["app_id"],
        app_notify_url=notify_url,
        app_private_key_string=known["app_private_key_pem"],
        app_public_key_cert_string=certificates["app_cert_pem"],
        alipay_public_key_cert_string=certificates["alipay_cert_pem"],
        alipay_root_cert_string=certificates["alipay_root_cert_pem"],
    )


@pytest.fixture(params=["key", "certificate"])
def alipay(
    request: pytest.FixtureRequest,
    credentials: dict[str, dict[str, str]],
    certificates: dict[str, dict[str, Any]],
    merchant: Merchant,
) -> Any:
    """The SDK in both of its modes."""
    known = credentials["alipay"]
    if request.param == "key":
        client = _by_key(known, merchant.url)
    else:
        client = _by_certificate(known, certificates["alipay"], merchant.url)
    client._gateway = known["gateway_url"]
    return client


def _number() -> str:
    return f"P{uuid.uuid4().hex}"


def _notified(alipay: Any, merchant: Merchant) -> dict[str, str]:
    """The next notification, verified by the SDK."""
    fields = dict(parse_qsl(merchant.next_notification().body.decode()))
    signature = fields.pop("sign")
    assert alipay.verify(dict(fields), signature)
    return fields


def _paid(alipay: Any, sandbox: RunningSandbox, merchant: Merchant) -> str:
    number = _number()
    assert alipay.api_alipay_trade_precreate("物业费", number, "1.00")["code"] == "10000"
    sandbox.pay(number)
    assert _notified(alipay, merchant)["out_trade_no"] == number
    return number


def test_precreated_trade_is_paid_told_and_asked(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    more = {"passback_params": "a%3D1"}
    opened = alipay.api_alipay_trade_precreate("物业费 11月", number, "12.99", **more)
    assert opened["qr_code"].startswith("https://qr.alipay.com/")
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "WAIT_BUYER_PAY"
    sandbox.pay(number)
    shown = _notified(alipay, merchant)
    asked = alipay.api_alipay_trade_query(trade_no=shown["trade_no"])
    assert (shown["trade_status"], shown["total_amount"]) == ("TRADE_SUCCESS", "12.99")
    assert (asked["trade_status"], asked["total_amount"]) == ("TRADE_SUCCESS", "12.99")
    assert shown["passback_params"] == "a%3D1"


def test_same_number_with_other_content_is_inconsistent(alipay: Any) -> None:
    number = _number()
    first = alipay.api_alipay_trade_precreate("物业费", number, "1.00")
    again = alipay.api_alipay_trade_precreate("物业费", number, "1.00")
    other = alipay.api_alipay_trade_precreate("物业费", number, "1.01")
    assert again == first
    assert other["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"


def test_trade_is_created_for_a_mini_program(alipay: Any) -> None:
    number = _number()
    created = alipay.api_alipay_trade_create("物业费", number, "1.00", **JSAPI)
    assert created["trade_no"]
    assert created["out_trade_no"] == number


def test_unpaid_trade_is_closed_and_a_paid_one_is_not(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    alipay.api_alipay_trade_precreate("物业费", number, "1.00")
    assert alipay.api_alipay_trade_close(number)["code"] == "10000"
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "TRADE_CLOSED"
    paid = alipay.api_alipay_trade_close(_paid(alipay, sandbox, merchant))
    assert paid["sub_code"] == "ACQ.TRADE_STATUS_ERROR"


def test_unknown_trade_does_not_exist(alipay: Any) -> None:
    assert alipay.api_alipay_trade_query(_number())["sub_code"] == "ACQ.TRADE_NOT_EXIST"


@pytest.mark.parametrize("product", ["page", "wap", "app"])
def test_trade_exists_once_its_form_link_or_order_string_was_opened(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant, product: str
) -> None:
    number = _number()
    sign = getattr(alipay, f"api_alipay_trade_{product}_pay")
    back = {} if product == "app" else {"return_url": "http://127.0.0.1:1/back?from=alipay"}
    order = sign("物业费 <停车>", number, "1.00", notify_url=merchant.url, **back)
    assert alipay.api_alipay_trade_query(number)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
    form = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
    opened = httpx.post(alipay._gateway, content=order.encode(), headers=form, trust_env=False)
    assert opened.status_code == 302
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "WAIT_BUYER_PAY"
    decision = httpx.post(opened.headers["location"], data={"decision": "pay"}, trust_env=False)
    assert _notified(alipay, merchant)["trade_status"] == "TRADE_SUCCESS"
    if back:
        returned = dict(parse_qsl(urlsplit(decision.headers["location"]).query))
        assert returned.pop("from") == "alipay"
        assert alipay.verify(returned, returned.pop("sign"))


def test_scanned_code_is_paid_at_once_and_cancelled(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    paid = alipay.api_alipay_trade_pay(
        number, "bar_code", "281234567890123456", "停车费", total_amount="5.00"
    )
    assert (paid["code"], paid["total_amount"]) == ("10000", "5.00")
    assert _notified(alipay, merchant)["trade_status"] == "TRADE_SUCCESS"
    cancelled = alipay.api_alipay_trade_cancel(number)
    assert (cancelled["action"], cancelled["retry_flag"]) == ("refund", "N")
    assert sandbox.trade(number)["refunded"] == 500


def test_a_scanned_face_is_another_scene_than_a_scanned_code(alipay: Any) -> None:
    def paid_by(scene: str, code: str) -> str:
        content = {"out_trade_no": _number(), "total_amount": "5.00", "subject": "停车费"}
        scanned = {"scene": scene, "auth_code": code}
        return str(alipay.server_api("alipay.trade.pay", content | scanned)["code"])

    face, code = f"fp{'1' * 33}", "281234567890123456"
    assert (paid_by("security_code", face), paid_by("bar_code", code)) == ("10000", "10000")
    assert (paid_by("bar_code", face), paid_by("security_code", code)) == ("40004", "40004")


def test_scanned_code_ending_in_00_asks_the_payer_first(
    alipay: Any, sandbox: RunningSandbox
) -> None:
    number = _number()
    scan = {"scene": "bar_code", "auth_code": "281234567890123400", "subject": "停车费"}
    waits = alipay.server_api(
        "alipay.trade.pay", {"out_trade_no": number, "total_amount": "5.00", **scan}
    )
    assert waits["code"] == "10003"
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "WAIT_BUYER_PAY"
    assert alipay.api_alipay_trade_cancel(number)["action"] == "close"


def test_refund_moves_money_once(alipay: Any, sandbox: RunningSandbox, merchant: Merchant) -> None:
    number = _paid(alipay, sandbox, merchant)
    requested = {"out_trade_no": number, "out_request_no": "R1"}
    first = alipay.api_alipay_trade_refund("0.30", **requested)
    soon = alipay.api_alipay_trade_refund("0.70", out_trade_no=number, out_request_no="R3")
    again = alipay.api_alipay_trade_refund("0.30", **requested)
    other = alipay.api_alipay_trade_refund("0.31", **requested)
    assert (first["fund_change"], first["refund_fee"]) == ("Y", "0.30")
    assert soon["sub_code"] == "ACQ.SYSTEM_ERROR"
    assert (again["fund_change"], again["refund_fee"]) == ("N", "0.30")
    assert other["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    asked = alipay.api_alipay_trade_fastpay_refund_query("R1", out_trade_no=number)
    assert asked["refund_status"] == "REFUND_SUCCESS"
    rest = alipay.api_alipay_trade_refund("0.71", out_trade_no=number, out_request_no="R2")
    assert rest["sub_code"] == "ACQ.REASON_TRADE_REFUND_FEE_ERR"
    time.sleep(3)
    alipay.api_alipay_trade_refund("0.70", out_trade_no=number, out_request_no="R3")
    assert alipay.api_alipay_trade_query(number)["trade_status"] == "TRADE_CLOSED"


def test_refund_of_a_page_trade_is_told_by_notification(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    link = alipay.api_alipay_trade_page_pay("物业费", number, "1.00", notify_url=merchant.url)
    httpx.get(f"{alipay._gateway}?{link}", trust_env=False)
    sandbox.pay(number)
    _notified(alipay, merchant)
    alipay.api_alipay_trade_refund("1.00", out_trade_no=number, out_request_no="R1")
    shown = _notified(alipay, merchant)
    assert (shown["trade_status"], shown["refund_fee"]) == ("TRADE_CLOSED", "1.00")
    assert shown["out_biz_no"] == "R1"


def test_held_refund_is_decided_later(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _paid(alipay, sandbox, merchant)
    sandbox.fault("alipay", "refund", "hold", payment_no=number)
    refund = f"R{uuid.uuid4().hex}"
    held = alipay.api_alipay_trade_refund("1.00", out_trade_no=number, out_request_no=refund)
    assert held["fund_change"] == "N"
    asked = alipay.api_alipay_trade_fastpay_refund_query(refund, out_trade_no=number)
    assert "refund_status" not in asked
    sandbox.control("POST", "/refunds", {"refund_no": refund, "state": "succeeded"})
    asked = alipay.api_alipay_trade_fastpay_refund_query(refund, out_trade_no=number)
    assert asked["refund_status"] == "REFUND_SUCCESS"


def test_statement_is_a_zip_of_gbk_files(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _paid(alipay, sandbox, merchant)
    alipay.api_alipay_trade_refund("0.30", out_trade_no=number, out_request_no="R1")
    today = datetime.now(BEIJING).strftime("%Y-%m-%d")
    answer = alipay.server_api(
        "alipay.data.dataservice.bill.downloadurl.query",
        {"bill_type": "trade", "bill_date": today},
    )
    packed = httpx.get(answer["bill_download_url"], trust_env=False).content
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = [name.encode("cp437").decode("gbk") for name in archive.namelist()]
        detail = archive.read(archive.namelist()[0]).decode("gbk")
    assert [name.partition("_业务")[2] for name in names] == ["明细.csv", "明细(汇总).csv"]
    header, *rows = [line for line in detail.split("\r\n") if line and line[0] != "#"]
    columns = header.split(",")
    mine = [
        dict(zip(columns, [cell.strip() for cell in row.split(",")], strict=True))
        for row in rows
        if number in row
    ]
    assert [(row["业务类型"], row["订单金额（元）"]) for row in mine] == [
        ("交易", "1.00"),
        ("退款", "-0.30"),
    ]
    assert mine[1]["退款批次号/请求号"] == "R1"


def test_answers_in_certificate_mode_name_the_certificate(
    credentials: dict[str, dict[str, str]],
    certificates: dict[str, dict[str, Any]],
    merchant: Merchant,
) -> None:
    alipay = _by_certificate(credentials["alipay"], certificates["alipay"], merchant.url)
    query = alipay.client_api("alipay.trade.query", {"out_trade_no": _number()})
    gateway = credentials["alipay"]["gateway_url"]
    answer = json.loads(httpx.get(f"{gateway}?{query}", trust_env=False).content)
    assert answer["alipay_cert_sn"] == alipay.get_cert_sn(certificates["alipay"]["alipay_cert_pem"])


def test_tampered_answer_is_refused_by_the_sdk(alipay: Any, sandbox: RunningSandbox) -> None:
    sandbox.fault("alipay", "pay", "tamper", times=1)
    with pytest.raises(AliPayValidationError):
        alipay.api_alipay_trade_precreate("物业费", _number(), "1.00")


def test_tampered_notification_is_refused_and_repeated(
    alipay: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    alipay.api_alipay_trade_precreate("物业费", number, "1.00")
    sandbox.fault("alipay", "notice", "tamper", payment_no=number, times=1)
    merchant.answer = b"fail"
    sandbox.pay(number)
    fields = dict(parse_qsl(merchant.next_notification().body.decode()))
    assert not alipay.verify(fields, fields.pop("sign"))
    merchant.answer = b"success"
    assert _notified(alipay, merchant)["notify_id"] == fields["notify_id"]


def test_second_app_is_another_merchant(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], merchant: Merchant
) -> None:
    second = sandbox.control("POST", "/merchants", {"channel": "alipay"})
    assert second.keys() == credentials["alipay"].keys()
    number = _number()
    for known in (credentials["alipay"], second):
        alipay = _by_key(known, merchant.url)
        alipay._gateway = known["gateway_url"]
        assert alipay.api_alipay_trade_precreate("物业费", number, "1.00")["code"] == "10000"
