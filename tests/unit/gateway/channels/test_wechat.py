"""WeChat Pay: what each code, state and notice means, and what is not believed."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.certificate_chain import issue, pem
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    Pair,
    operations_of,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.wechat_side import (
    APPID,
    KEY_ID,
    MCHID,
    REFUND_ID,
    TRANSACTION_ID,
    WechatSide,
)

from contracts.actions import AppAction, JsapiAction, NoAction, QrCodeAction, RedirectAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    Moment,
    NoticedRefund,
    NotSent,
    Outcome,
    Pending,
    RawNotice,
    Reply,
    Succeeded,
    Unknown,
    Unverifiable,
)
from gateway.channels.wechat import codes

PLUGIN = WechatSide.plugin
ABSENT = Pending(found=False)
GONE = Succeeded(found=False)
ORDER_PATH = f"/v3/pay/transactions/out-trade-no/{PAYMENT_NO}"

CODES: dict[str, dict[Any, str]] = {
    "pay:native": {
        Declined: "PARAM_ERROR INVALID_REQUEST ORDER_CLOSED OPENID_MISMATCH RULE_LIMIT "
        "TRADE_ERROR ACCOUNT_ERROR NOT_ENOUGH NOTENOUGH USER_ACCOUNT_ABNORMAL "
        "AUTH_CODE_EXPIRE AUTHCODEEXPIRE AUTH_CODE_ERROR AUTH_CODE_INVALID",
        NotSent: "SIGN_ERROR NO_AUTH MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH FREQUENCY_LIMITED "
        "RATELIMIT_EXCEEDED ORDER_NOT_EXIST RESOURCE_NOT_EXISTS",
        Unknown: "SYSTEM_ERROR SERVICE_UNAVAILABLE BANK_ERROR BANKERROR ORDERPAID ORDER_PAID "
        "OUT_TRADE_NO_USED",
        Pending(NoAction()): "USERPAYING USER_PAYING",
    },
    "query": {
        Unknown: "SIGN_ERROR NO_AUTH MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH FREQUENCY_LIMITED "
        "RATELIMIT_EXCEEDED PARAM_ERROR INVALID_REQUEST SYSTEM_ERROR SERVICE_UNAVAILABLE "
        "BANK_ERROR",
        ABSENT: "ORDER_NOT_EXIST ORDERNOTEXIST RESOURCE_NOT_EXISTS",
    },
    "close": {
        NotSent: "SIGN_ERROR NO_AUTH MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH FREQUENCY_LIMITED "
        "RATELIMIT_EXCEEDED PARAM_ERROR",
        Unknown: "SYSTEM_ERROR SERVICE_UNAVAILABLE BANK_ERROR INVALID_REQUEST USERPAYING ORDERPAID",
        Succeeded(): "ORDER_CLOSED",
        GONE: "ORDER_NOT_EXIST RESOURCE_NOT_EXISTS",
    },
    "refund": {
        Declined: "PARAM_ERROR INVALID_REQUEST REFUND_FEE_MISMATCH TRADE_OVERDUE "
        "USER_ACCOUNT_ABNORMAL",
        NotSent: "SIGN_ERROR NO_AUTH MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH NOT_ENOUGH "
        "ORDER_NOT_EXIST RESOURCE_NOT_EXISTS",
        Unknown: "SYSTEM_ERROR SERVICE_UNAVAILABLE BANK_ERROR FREQUENCY_LIMITED RATELIMIT_EXCEEDED",
    },
}
CODES["query_refund"] = CODES["query"]
TABLES = {
    "pay:native": codes.PAY,
    "query": codes.QUERY,
    "close": codes.CLOSE,
    "refund": codes.REFUND,
}
ROWS = [
    (operation, code, meaning)
    for operation, meanings in CODES.items()
    for meaning, listed in meanings.items()
    for code in listed.split()
]


@pytest.fixture(scope="module")
def side() -> WechatSide:
    return WechatSide()


@pytest.fixture(scope="module")
def account(side: WechatSide) -> Any:
    return opened(side)


def opened(side: WechatSide, **changed: Any) -> Any:
    given = {**side.credentials(), **changed}
    filled = {name: value for name, value in given.items() if value is not None}
    return PLUGIN.open_account(PLUGIN.credentials.model_validate(filled))


def asked(side: WechatSide, account: Any, operation: Any, subject: Any) -> Any:
    return side.asked(PLUGIN.wire.sign(operation.call(subject, account), account, MOMENT))


def outcome(account: Any, operation: Any, subject: Any, reply: Reply) -> Outcome:
    call = operation.call(subject, account)
    answer = PLUGIN.wire.verify(reply, call, account, MOMENT)
    said: Outcome = operation.outcome(answer, subject, account)
    return said


# ── what is asked ──


def test_native_asks_for_a_code_url(side: WechatSide, account: Any) -> None:
    said = asked(side, account, PLUGIN.methods[Method.NATIVE], order())
    assert said.operation == "POST /v3/pay/transactions/native"
    assert said.content == {
        "appid": APPID,
        "mchid": MCHID,
        "description": "物业费 11月",
        "out_trade_no": PAYMENT_NO,
        "time_expire": "2026-01-31T14:00:00+08:00",
        "notify_url": "https://pay.example/webhooks/channel/C01",
        "amount": {"total": 1299, "currency": "CNY"},
    }


def test_the_payer_has_at_least_a_minute(side: WechatSide, account: Any) -> None:
    hurried = order(expires_at=NOW + timedelta(seconds=1))
    said = asked(side, account, PLUGIN.methods[Method.NATIVE], hurried)
    assert said.content["time_expire"] == "2026-01-31T12:01:30+08:00"


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
    said = asked(side, account, PLUGIN.methods[method], order(method))
    assert said.operation == f"POST /v3/pay/transactions/{path}"
    assert {name: said.content.get(name) for name in extra} == extra
    assert ("notify_url" in said.content) == (method is not Method.BARCODE)


def test_a_payment_code_may_take_half_a_minute(account: Any) -> None:
    assert PLUGIN.methods[Method.BARCODE].call(order(Method.BARCODE), account).timeout_s == 30
    assert PLUGIN.methods[Method.NATIVE].call(order(), account).timeout_s == 10


def test_operations_ask_by_our_numbers(side: WechatSide, account: Any) -> None:
    said = {
        name: asked(side, account, operation, subject)
        for name, (operation, subject) in operations_of(PLUGIN).items()
    }
    refund_path = "/v3/refund/domestic/refunds"
    assert said["query"].operation == f"GET {ORDER_PATH}"
    assert said["query"].content == {"mchid": MCHID}
    assert said["close"].operation == f"POST {ORDER_PATH}/close"
    assert said["close"].content == {"mchid": MCHID}
    assert said["query_refund"].operation == f"GET {refund_path}/{REFUND_NO}"
    assert said["refund"].operation == f"POST {refund_path}"
    assert said["refund"].content == {
        "out_trade_no": PAYMENT_NO,
        "out_refund_no": REFUND_NO,
        "reason": "多收退回",
        "notify_url": "https://pay.example/webhooks/channel/C01",
        "amount": {"refund": 500, "total": 1299, "currency": "CNY"},
    }


def test_a_payment_code_is_reversed_not_closed(side: WechatSide, account: Any) -> None:
    assert PLUGIN.close is not None
    said = asked(side, account, PLUGIN.close, trade(Method.BARCODE))
    assert said.operation == f"POST {ORDER_PATH}/reverse"
    assert said.content == {"appid": APPID, "mchid": MCHID}
    again = side.answer({"out_trade_no": PAYMENT_NO, "recall": "Y"})
    assert isinstance(outcome(account, PLUGIN.close, trade(Method.BARCODE), again), Unknown)


def test_a_path_before_the_api_is_signed_too(side: WechatSide) -> None:
    account = opened(side, base_url="https://proxy.example/wechat/")
    request = PLUGIN.wire.sign(PLUGIN.query.call(trade(), account), account, MOMENT)
    assert request.url.startswith(f"https://proxy.example/wechat{ORDER_PATH}?")
    assert side.asked(request).operation == f"GET /wechat{ORDER_PATH}"


# ── what an initiation gives the payer ──


def test_native_gives_a_qr_code_also_on_a_computer(side: WechatSide, account: Any) -> None:
    reply = side.prepared(Method.NATIVE, PAYMENT_NO)
    for method in (Method.NATIVE, Method.PC):
        said = outcome(account, PLUGIN.methods[method], order(method), reply)
        assert said == Pending(QrCodeAction(qr_code="weixin://wxpay/bizpayurl?pr=abc"))


def test_the_bridge_is_given_a_signed_prepay_id(side: WechatSide, account: Any) -> None:
    for method in (Method.JSAPI, Method.MINI_PROGRAM):
        reply = side.prepared(method, PAYMENT_NO)
        said: Any = outcome(account, PLUGIN.methods[method], order(method), reply)
        assert isinstance(said.action, JsapiAction)
        given = said.action.params
        text = f"{APPID}\n{given['timeStamp']}\n{given['nonceStr']}\n{given['package']}\n"
        assert given["package"] == "prepay_id=wx31120000prepay"
        assert given["timeStamp"] == str(int(NOW.timestamp()))
        assert side.merchant.is_signed(text.encode(), given["paySign"])
        assert sorted(given) == sorted(
            ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]
        )


def test_the_app_is_given_a_signed_bare_prepay_id(side: WechatSide, account: Any) -> None:
    reply = side.prepared(Method.APP, PAYMENT_NO)
    said: Any = outcome(account, PLUGIN.methods[Method.APP], order(Method.APP), reply)
    assert isinstance(said.action, AppAction)
    given = said.action.params
    text = f"{APPID}\n{given['timestamp']}\n{given['noncestr']}\nwx31120000prepay\n"
    assert side.merchant.is_signed(text.encode(), given["sign"])
    assert (given["partnerid"], given["package"]) == (MCHID, "Sign=WXPay")


def test_h5_comes_back_to_the_app(side: WechatSide, account: Any) -> None:
    reply = side.prepared(Method.H5, PAYMENT_NO)
    way = PLUGIN.methods[Method.H5]
    page = "https://wx.tenpay.example/checkmweb?prepay_id=wx1"
    back = "https%3A%2F%2Fapp.example%2Fback%3Forder%3D1"
    assert outcome(account, way, order(Method.H5), reply) == Pending(
        RedirectAction(url=f"{page}&redirect_url={back}")
    )
    without = outcome(account, way, order(Method.H5, return_url=None), reply)
    assert without == Pending(RedirectAction(url=page))


def test_a_payment_code_is_paid_waits_or_fails(side: WechatSide, account: Any) -> None:
    way, wish = PLUGIN.methods[Method.BARCODE], order(Method.BARCODE)

    def said(state: str) -> Outcome:
        return outcome(account, way, wish, side.answer(side.transaction(PAYMENT_NO, state)))

    assert isinstance(said("SUCCESS"), Succeeded)
    assert said("USERPAYING") == Pending(NoAction())
    assert said("PAYERROR") == Declined("PAYERROR", "…")
    other = side.answer(side.transaction("P2", "SUCCESS"))
    with pytest.raises(Unverifiable):
        outcome(account, way, wish, other)


@pytest.mark.parametrize("method", [Method.NATIVE, Method.JSAPI, Method.APP, Method.H5])
def test_an_answer_without_its_content_is_no_answer(
    side: WechatSide, account: Any, method: Method
) -> None:
    with pytest.raises(Unverifiable):
        outcome(account, PLUGIN.methods[method], order(method), side.answer({}))


# ── codes ──


@pytest.mark.parametrize(("operation", "code", "meaning"), ROWS)
def test_each_code_has_its_meaning(
    side: WechatSide, account: Any, operation: str, code: str, meaning: Any
) -> None:
    way, subject = operations_of(PLUGIN)[operation]
    said = outcome(account, way, subject, side.refused(code))
    expected = meaning(code, "不行") if isinstance(meaning, type) else meaning
    assert said == expected


def test_every_row_of_the_tables_is_tested() -> None:
    for operation, table in TABLES.items():
        listed = {each.replace("_", "") for name, each, _ in ROWS if name == operation}
        assert listed == {code.replace("_", "") for code in table}


def test_accepted_is_not_done(side: WechatSide, account: Any) -> None:
    for way, subject in operations_of(PLUGIN).values():
        assert isinstance(outcome(account, way, subject, side.answer({}, 202)), Unknown)


# ── states ──


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("NOTPAY", Pending()),
        ("USERPAYING", Pending()),
        ("CLOSED", Declined("CLOSED", "…", closed=True)),
        ("REVOKED", Declined("REVOKED", "…", closed=True)),
        ("PAYERROR", Declined("PAYERROR", "…")),
        ("", Unknown("", "…")),
    ],
)
def test_each_state_has_its_meaning(
    side: WechatSide, account: Any, state: str, meaning: Outcome
) -> None:
    reply = side.answer(side.transaction(PAYMENT_NO, state))
    assert outcome(account, PLUGIN.query, trade(), reply) == meaning


@pytest.mark.parametrize("state", ["SUCCESS", "REFUND"])
def test_a_refunded_trade_was_paid(side: WechatSide, account: Any, state: str) -> None:
    reply = side.answer(side.transaction(PAYMENT_NO, state))
    assert outcome(account, PLUGIN.query, trade(), reply) == Succeeded(
        TRANSACTION_ID, Money(1299, "CNY"), NOW + timedelta(seconds=5)
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"mchid": "1900000110"},
        {"appid": "wxother00000000"},
        {"amount": {}},
        {"amount": {"total": "1299"}},
        {"amount": {"total": 12.99}},
        {"amount": {"total": True}},
        {"amount": {"total": 1299, "currency": "XXX"}},
        {"transaction_id": None},
    ],
)
def test_a_payment_that_cannot_be_read_is_no_payment(
    side: WechatSide, account: Any, changed: dict[str, Any]
) -> None:
    reply = side.answer(side.transaction(PAYMENT_NO, "SUCCESS") | changed)
    with pytest.raises(Unverifiable):
        outcome(account, PLUGIN.query, trade(), reply)


def test_another_currency_is_told_as_it_is(side: WechatSide, account: Any) -> None:
    changed = {"amount": {"total": 1299, "currency": "HKD"}}
    reply = side.answer(side.transaction(PAYMENT_NO, "SUCCESS") | changed)
    said: Any = outcome(account, PLUGIN.query, trade(), reply)
    assert said.amount == Money(1299, "HKD")


@pytest.mark.parametrize("operation", [PLUGIN.refund, PLUGIN.query_refund])
def test_each_state_of_a_refund_has_its_meaning(
    side: WechatSide, account: Any, operation: Any
) -> None:
    def said(state: str) -> Outcome:
        reply = side.answer(side.refund(REFUND_NO, PAYMENT_NO, state))
        return outcome(account, operation, refunding(), reply)

    assert said("PROCESSING") == Pending(channel_no=REFUND_ID)
    assert said("SUCCESS") == Succeeded(REFUND_ID, Money(500, "CNY"), NOW + timedelta(seconds=9))
    closed, abnormal = said("CLOSED"), said("ABNORMAL")
    assert isinstance(closed, Declined)
    assert (closed.code, closed.abnormal) == ("CLOSED", False)
    assert isinstance(abnormal, Declined)
    assert (abnormal.code, abnormal.abnormal) == ("ABNORMAL", True)
    assert isinstance(said("UNHEARD_OF"), Unknown)


def test_a_refund_of_another_payment_is_no_answer(side: WechatSide, account: Any) -> None:
    reply = side.answer(side.refund(REFUND_NO, "P2", "SUCCESS"))
    with pytest.raises(Unverifiable):
        outcome(account, PLUGIN.refund, refunding(), reply)


# ── what is believed ──


def test_each_part_of_the_signature_counts(side: WechatSide, account: Any) -> None:
    reply, call = side.paid(PAYMENT_NO), PLUGIN.query.call(trade(), account)
    assert PLUGIN.wire.verify(reply, call, account, MOMENT).signed
    stranger = WechatSide()
    for changed in (
        {"wechatpay-nonce": "other"},
        {"wechatpay-timestamp": str(int(NOW.timestamp()) + 1)},
        {"wechatpay-serial": "PUB_KEY_ID_0119000001092025"},
        {"wechatpay-serial": ""},
        {"wechatpay-signature": stranger.signed(reply.body)["wechatpay-signature"]},
        {"wechatpay-signature": "WECHATPAY/SIGNTEST/" + "A" * 325},
        {"wechatpay-signature": "不是 base64"},
        {"wechatpay-signature": ""},
        {"wechatpay-timestamp": "１７６９８３２０００"},
        {"wechatpay-timestamp": "-1"},
        {"wechatpay-timestamp": "1" * 5000},
    ):
        forged = replace(reply, headers={**reply.headers, **changed})
        with pytest.raises(Unverifiable):
            PLUGIN.wire.verify(forged, call, account, MOMENT)
    for name in reply.headers.keys() - {"wechatpay-signature-type"}:
        bare = {key: value for key, value in reply.headers.items() if key != name}
        with pytest.raises(Unverifiable):
            PLUGIN.wire.verify(replace(reply, headers=bare), call, account, MOMENT)


@pytest.mark.parametrize(
    ("age_s", "is_fresh"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_a_signature_lives_five_minutes(
    side: WechatSide, account: Any, age_s: int, is_fresh: bool
) -> None:
    content = side.transaction(PAYMENT_NO, "SUCCESS")
    notice = side.notice("TRANSACTION.SUCCESS", content, age_s=age_s)
    if is_fresh:
        assert PLUGIN.notices.read(notice, account, MOMENT)
        return
    with pytest.raises(Unverifiable):
        PLUGIN.notices.read(notice, account, MOMENT)


def test_a_refusal_is_never_a_yes_whatever_it_says(side: WechatSide, account: Any) -> None:
    """What is not 2xx is not verified, so its content is not read either."""
    reply = replace(side.paid(PAYMENT_NO), status=404)
    assert isinstance(outcome(account, PLUGIN.query, trade(), reply), Unknown)


# ── notices ──


@pytest.mark.parametrize(
    ("state", "kind"), [("SUCCESS", Succeeded), ("CLOSED", Declined), ("ABNORMAL", Declined)]
)
def test_a_notice_of_refund_is_read(
    side: WechatSide, account: Any, state: str, kind: type[Outcome]
) -> None:
    notice = side.refund_notice(REFUND_NO, PAYMENT_NO, state)
    [said] = PLUGIN.notices.read(notice, account, MOMENT)
    assert isinstance(said, NoticedRefund)
    assert (said.refund_no, said.payment_no) == (REFUND_NO, PAYMENT_NO)
    assert isinstance(said.outcome, kind)
    if isinstance(said.outcome, Succeeded):
        assert said.outcome.amount == Money(500, "CNY")
        assert said.outcome.channel_no == REFUND_ID
    if isinstance(said.outcome, Declined):
        assert said.outcome.abnormal == (state == "ABNORMAL")


def test_a_notice_that_is_none_of_ours_is_nothing_to_do(side: WechatSide, account: Any) -> None:
    for event in ("COUPON.USE", "PROFITSHARING.SUCCESS"):
        assert PLUGIN.notices.read(side.notice(event, {"mchid": MCHID}), account, MOMENT) == []
    combined = {"mchid": MCHID, "combine_out_trade_no": "C1", "sub_orders": []}
    notice = side.notice("TRANSACTION.SUCCESS", combined)
    assert PLUGIN.notices.read(notice, account, MOMENT) == []


def test_a_notice_sealed_with_another_key_is_refused(side: WechatSide, account: Any) -> None:
    content = side.transaction(PAYMENT_NO, "SUCCESS")
    notice = side.notice("TRANSACTION.SUCCESS", content, key="z" * 32)
    with pytest.raises(Unverifiable):
        PLUGIN.notices.read(notice, account, MOMENT)


@pytest.mark.parametrize(
    "changed",
    [
        {"algorithm": "AEAD_SM4_GCM"},
        {"nonce": "000000000000"},
        {"nonce": ""},
        {"associated_data": "other"},
        {"ciphertext": "!"},
        {"ciphertext": ""},
        {"ciphertext": base64.b64encode(b"short").decode()},
    ],
)
def test_a_notice_sealed_otherwise_is_refused(
    side: WechatSide, account: Any, changed: dict[str, str]
) -> None:
    """Even if the envelope is signed."""
    envelope = json.loads(side.paid_notice(PAYMENT_NO).body)
    envelope["resource"] |= changed
    body = json.dumps(envelope).encode()
    with pytest.raises(Unverifiable):
        PLUGIN.notices.read(RawNotice(side.signed(body), body), account, MOMENT)


def test_a_notice_without_a_merchant_is_refused(side: WechatSide, account: Any) -> None:
    content = side.transaction(PAYMENT_NO, "SUCCESS")
    content.pop("mchid")
    with pytest.raises(Unverifiable):
        PLUGIN.notices.read(side.notice("TRANSACTION.SUCCESS", content), account, MOMENT)


def test_notices_are_answered_as_wechat_pay_wants() -> None:
    assert (PLUGIN.notices.accept.status, PLUGIN.notices.accept.body) == (204, b"")
    assert json.loads(PLUGIN.notices.refuse.body)["code"] == "FAIL"


# ── certificates ──


def test_certificates_are_found_by_their_serial_while_both_are_in_use(side: WechatSide) -> None:
    pairs = {serial: Pair() for serial in (0x0A01, 0x5157F09E)}
    bundle = [
        pem(issue("Tenpay", pair.private, "CA", pair.private, serial=serial, born_days_ago=age))
        for age, (serial, pair) in zip((1, 300), pairs.items(), strict=True)
    ]
    account = opened(
        side,
        platform_public_key_id=None,
        platform_public_key_pem=None,
        platform_certificate_pem="".join(bundle),
    )
    call = PLUGIN.query.call(trade(), account)
    speaker = WechatSide()
    for serial, pair in pairs.items():
        speaker.platform, speaker.serial = pair, f"{serial:040X}"
        assert PLUGIN.wire.verify(speaker.paid(PAYMENT_NO), call, account, MOMENT).signed
        speaker.serial = f"{serial:x}"
        assert PLUGIN.wire.verify(speaker.paid(PAYMENT_NO), call, account, MOMENT).signed
    newest = PLUGIN.wire.sign(call, account, MOMENT).headers["Wechatpay-Serial"]
    assert newest == f"{0x0A01:040X}"
    speaker.serial = KEY_ID
    with pytest.raises(Unverifiable):
        PLUGIN.wire.verify(speaker.paid(PAYMENT_NO), call, account, MOMENT)


def test_key_and_certificates_may_be_used_side_by_side(side: WechatSide) -> None:
    pair = Pair()
    certificate = issue("Tenpay", pair.private, "CA", pair.private, serial=0x77)
    account = opened(side, platform_certificate_pem=pem(certificate))
    call = PLUGIN.query.call(trade(), account)
    request = PLUGIN.wire.sign(call, account, MOMENT)
    assert request.headers["Wechatpay-Serial"] == KEY_ID
    speaker = WechatSide()
    speaker.platform, speaker.serial = pair, "77"
    for each in (side, speaker):
        assert PLUGIN.wire.verify(each.paid(PAYMENT_NO), call, account, MOMENT).signed


def test_a_moment_with_a_long_nonce_is_cut(side: WechatSide, account: Any) -> None:
    call = PLUGIN.query.call(trade(), account)
    side.asked(PLUGIN.wire.sign(call, account, Moment(NOW, "x" * 64)))
