"""PyPI `wechatpayv3` as the client of our WeChat Pay, and as the reader of its notifications."""

import gzip
import hashlib
import json
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from wechatpayv3 import WeChatPay, WeChatPayType

from .conftest import Merchant, RunningSandbox

BEIJING = timezone(timedelta(hours=8))
PRODUCTS = [
    (WeChatPayType.NATIVE, {}, "code_url"),
    (WeChatPayType.JSAPI, {"payer": {"openid": "oPayer"}}, "prepay_id"),
    (WeChatPayType.MINIPROG, {"payer": {"openid": "oPayer"}}, "prepay_id"),
    (WeChatPayType.APP, {}, "prepay_id"),
    (
        WeChatPayType.H5,
        {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}},
        "h5_url",
    ),
]
STORE = {"store_info": {"id": "shop-1"}}


def _client(
    sandbox: RunningSandbox, known: dict[str, str], notify_url: str, **verifies_by: Any
) -> Any:
    client = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=known["mchid"],
        appid=known["appid"],
        private_key=known["merchant_private_key_pem"],
        cert_serial_no=known["merchant_serial_no"],
        apiv3_key=known["apiv3_key"],
        notify_url=notify_url,
        timeout=(3, 10),
        **verifies_by,
    )
    client._core._gate_way = sandbox.url
    return client


def _by_public_key(known: dict[str, str]) -> dict[str, Any]:
    return {
        "public_key": known["platform_public_key_pem"],
        "public_key_id": known["platform_public_key_id"],
    }


def _by_certificate(certificates: dict[str, Any], folder: Path) -> dict[str, Any]:
    """As an old merchant: the certificates lie in a folder, new ones are fetched."""
    for each in certificates["wechat"]["platform_certificates"]:
        (folder / f"{each['serial_no']}.pem").write_text(each["certificate_pem"])
    return {"cert_dir": str(folder)}


@pytest.fixture(params=["public key", "certificate"])
def wechat(
    request: pytest.FixtureRequest,
    sandbox: RunningSandbox,
    credentials: dict[str, dict[str, str]],
    merchant: Merchant,
    tmp_path: Path,
) -> Any:
    """The SDK in both of its modes; in certificate mode it first fetches the certificates."""
    known = credentials["wechat"]
    if request.param == "public key":
        return _client(sandbox, known, merchant.url, **_by_public_key(known))
    certificates = sandbox.control("GET", "/certificates")
    client = _client(sandbox, known, merchant.url, **_by_certificate(certificates, tmp_path))
    client._core._update_certificates()
    return client


def _number() -> str:
    return f"P{uuid.uuid4().hex[:26]}"


def _content(answer: tuple[int, str]) -> dict[str, Any]:
    status, text = answer
    assert status == 200, text
    content: dict[str, Any] = json.loads(text)
    return content


def _notified(wechat: Any, merchant: Merchant) -> dict[str, Any]:
    """The next notification, verified and decrypted by the SDK."""
    notification = merchant.next_notification()
    shown: dict[str, Any] | None = wechat.callback(notification.headers, notification.body)
    assert shown is not None
    return shown


def _paid(wechat: Any, sandbox: RunningSandbox, merchant: Merchant, total: int = 100) -> str:
    number = _number()
    _content(wechat.pay(description="物业费", out_trade_no=number, amount={"total": total}))
    sandbox.pay(number)
    assert _notified(wechat, merchant)["event_type"] == "TRANSACTION.SUCCESS"
    return number


@pytest.mark.parametrize(("product", "more", "answered"), PRODUCTS)
def test_every_product_is_opened(
    wechat: Any, product: WeChatPayType, more: dict[str, Any], answered: str
) -> None:
    order = {"description": "物业费 11月", "out_trade_no": _number(), "amount": {"total": 1299}}
    assert _content(wechat.pay(**order, pay_type=product, **more))[answered]


def test_same_order_again_is_the_same_and_another_under_its_number_is_refused(wechat: Any) -> None:
    number = _number()
    first = wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100})
    again = wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100})
    other = wechat.pay(description="物业费", out_trade_no=number, amount={"total": 101})
    assert _content(again) == _content(first)
    assert (other[0], json.loads(other[1])["code"]) == (403, "OUT_TRADE_NO_USED")


def test_payment_is_told_by_notification_and_query(
    wechat: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number = _number()
    _content(
        wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100}, attach="x")
    )
    assert _content(wechat.query(out_trade_no=number))["trade_state"] == "NOTPAY"
    sandbox.pay(number)
    shown = _notified(wechat, merchant)["resource"]
    asked = _content(wechat.query(transaction_id=shown["transaction_id"]))
    assert asked == shown
    assert shown["trade_state"] == "SUCCESS"
    assert shown["amount"]["total"] == 100
    assert shown["attach"] == "x"


def test_close_answers_204_and_a_closed_number_is_over(wechat: Any) -> None:
    number = _number()
    _content(wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100}))
    assert wechat.close(number)[0] == 204
    assert wechat.close(number)[0] == 204
    assert _content(wechat.query(out_trade_no=number))["trade_state"] == "CLOSED"
    again = wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100})
    assert (again[0], json.loads(again[1])["code"]) == (400, "ORDER_CLOSED")


def test_paid_order_is_not_closed(wechat: Any, sandbox: RunningSandbox, merchant: Merchant) -> None:
    status, text = wechat.close(_paid(wechat, sandbox, merchant))
    assert (status, json.loads(text)["code"]) == (400, "ORDERPAID")


def test_unknown_order_is_404(wechat: Any) -> None:
    status, text = wechat.query(out_trade_no=_number())
    assert (status, json.loads(text)["code"]) == (404, "ORDER_NOT_EXIST")


def test_refund_is_accepted_then_told(
    wechat: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number, refund = _paid(wechat, sandbox, merchant), _number()
    amount = {"refund": 30, "total": 100, "currency": "CNY"}
    accepted = _content(wechat.refund(refund, amount, out_trade_no=number, reason="退款"))
    assert accepted["status"] == "PROCESSING"
    shown = _notified(wechat, merchant)
    assert shown["event_type"] == "REFUND.SUCCESS"
    assert shown["resource"]["refund_status"] == "SUCCESS"
    assert shown["resource"]["amount"]["refund"] == 30
    assert _content(wechat.query_refund(refund))["status"] == "SUCCESS"
    again = _content(wechat.refund(refund, amount, out_trade_no=number, reason="退款"))
    assert again["refund_id"] == accepted["refund_id"]
    assert _content(wechat.query(out_trade_no=number))["trade_state"] == "REFUND"


def test_abnormal_refund_is_sent_to_a_card(
    wechat: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    number, refund = _paid(wechat, sandbox, merchant), _number()
    sandbox.fault("wechat", "refund", "hold", times=1)
    amount = {"refund": 100, "total": 100, "currency": "CNY"}
    refund_id = _content(wechat.refund(refund, amount, out_trade_no=number))["refund_id"]
    sandbox.control("POST", "/refunds", {"refund_no": refund, "state": "abnormal"})
    assert _notified(wechat, merchant)["event_type"] == "REFUND.ABNORMAL"
    answer = wechat.abnormal_refund(
        refund_id,
        refund,
        "USER_BANK_CARD",
        bank_type="ICBC_DEBIT",
        bank_account="6222020000000000000",
        real_name="张三",
    )
    assert _content(answer)["status"] == "PROCESSING"
    assert _notified(wechat, merchant)["event_type"] == "REFUND.SUCCESS"


def test_scanned_code_is_paid_at_once_and_reversed(wechat: Any) -> None:
    number = _number()
    answer = wechat.pay(
        description="停车费",
        out_trade_no=number,
        amount={"total": 500},
        payer={"auth_code": "134567890123456781"},
        scene_info=STORE,
        pay_type=WeChatPayType.CODEPAY,
    )
    assert _content(answer)["trade_state"] == "SUCCESS"
    assert wechat.codepay_reverse(number)[0] == 200
    assert _content(wechat.query(out_trade_no=number))["trade_state"] == "REVOKED"


def test_scanned_code_ending_in_00_asks_the_payer_first(
    wechat: Any, sandbox: RunningSandbox
) -> None:
    number = _number()
    answer = wechat.pay(
        description="停车费",
        out_trade_no=number,
        amount={"total": 500},
        payer={"auth_code": "134567890123456700"},
        scene_info=STORE,
        pay_type=WeChatPayType.CODEPAY,
    )
    assert _content(answer)["trade_state"] == "USERPAYING"
    sandbox.pay(number)
    assert _content(wechat.query(out_trade_no=number))["trade_state"] == "SUCCESS"


@pytest.mark.parametrize("packing", ["", "GZIP"])
def test_trade_statement_matches_its_hash_and_names_the_payment(
    wechat: Any, sandbox: RunningSandbox, merchant: Merchant, packing: str
) -> None:
    number = _paid(wechat, sandbox, merchant)
    shown = _content(wechat.trade_bill(_today(), tar_type=packing))
    _, packed = wechat.download_bill(shown["download_url"])
    file = gzip.decompress(packed) if packing else packed
    assert hashlib.sha1(file, usedforsecurity=False).hexdigest() == shown["hash_value"]
    header, *rows = file.decode("utf-8-sig").split("\r\n")
    columns = header.split(",")
    (row,) = [dict(zip(columns, r[1:].split(",`"), strict=True)) for r in rows if number in r]
    assert (row["订单金额"], row["交易状态"], row["手续费"]) == ("1.00", "SUCCESS", "0.00600")


def test_fund_flow_statement_is_there(
    wechat: Any, sandbox: RunningSandbox, merchant: Merchant
) -> None:
    _paid(wechat, sandbox, merchant)
    shown = _content(wechat.fundflow_bill(_today(), tar_type="GZIP"))
    _, packed = wechat.download_bill(shown["download_url"])
    assert "资金流水总笔数" in gzip.decompress(packed).decode()


def test_rotated_certificate_is_fetched_while_both_are_in_use(
    sandbox: RunningSandbox,
    credentials: dict[str, dict[str, str]],
    merchant: Merchant,
    tmp_path: Path,
) -> None:
    before = _by_certificate(sandbox.control("GET", "/certificates"), tmp_path)
    wechat = _client(sandbox, credentials["wechat"], merchant.url, **before)
    wechat._core._update_certificates()
    issued = sandbox.control("POST", "/certificates")
    for _ in range(2):
        _paid(wechat, sandbox, merchant)
    known = {f"{each.serial_number:040X}" for each in wechat._core._certificates}
    assert issued["serial_no"] in known
    assert len(known) == 2


def test_tampered_answer_is_refused_by_the_sdk(wechat: Any, sandbox: RunningSandbox) -> None:
    sandbox.fault("wechat", "pay", "tamper", times=1)
    with pytest.raises(Exception, match="verify the signature"):
        wechat.pay(description="物业费", out_trade_no=_number(), amount={"total": 100})


@pytest.mark.parametrize("fault", ["tamper", "probe"])
def test_tampered_notification_and_probe_are_refused_by_the_sdk(
    wechat: Any, sandbox: RunningSandbox, merchant: Merchant, fault: str
) -> None:
    number = _number()
    _content(wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100}))
    sandbox.fault("wechat", "notice", fault, payment_no=number, times=1)
    sandbox.pay(number)
    notification = merchant.next_notification()
    assert wechat.callback(notification.headers, notification.body) is None


def test_service_provider_opens_asks_closes_and_refunds_for_its_merchant(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], merchant: Merchant
) -> None:
    known, sub = credentials["wechat"], "1900000109"
    mode = _by_public_key(known) | {"partner_mode": True}
    wechat = _client(sandbox, known, merchant.url, **mode)
    paid, closed, refund = _number(), _number(), _number()
    for number in (paid, closed):
        order = {"description": "物业费", "out_trade_no": number, "amount": {"total": 100}}
        _content(wechat.pay(**order, sub_mchid=sub))
    assert wechat.close(closed, sub_mchid=sub)[0] == 204
    sandbox.pay(paid)
    shown = _notified(wechat, merchant)["resource"]
    assert (shown["sp_mchid"], shown["sub_mchid"]) == (known["mchid"], sub)
    assert _content(wechat.query(out_trade_no=paid, sub_mchid=sub)) == shown
    amount = {"refund": 100, "total": 100, "currency": "CNY"}
    _content(wechat.refund(refund, amount, out_trade_no=paid, sub_mchid=sub))
    assert _notified(wechat, merchant)["resource"]["sub_mchid"] == sub
    assert _content(wechat.query_refund(refund, sub_mchid=sub))["status"] == "SUCCESS"


def test_second_merchant_has_keys_and_numbers_of_its_own(
    sandbox: RunningSandbox, credentials: dict[str, dict[str, str]], merchant: Merchant
) -> None:
    second = sandbox.control("POST", "/merchants", {"channel": "wechat"})
    assert second.keys() == credentials["wechat"].keys()
    number = _number()
    for known in (credentials["wechat"], second):
        wechat = _client(sandbox, known, merchant.url, **_by_public_key(known))
        _content(wechat.pay(description="物业费", out_trade_no=number, amount={"total": 100}))


def _today() -> str:
    return datetime.now(BEIJING).strftime("%Y-%m-%d")
