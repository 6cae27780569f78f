"""WeChat Pay: what each code and state means."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    operations_of,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import opened, outcome
from tests.unit.gateway.channels.wechat_side import (
    REFUND_ID,
    TRANSACTION_ID,
    WechatSide,
)

from contracts.actions import NoAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.meanings import limited, passing, unlisted_code
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    HandOver,
    NotSent,
    Outcome,
    Pending,
    Reply,
    Succeeded,
    Unknown,
    Unverifiable,
)
from gateway.channels.wechat import codes

PLUGIN = WechatSide.plugin
ABSENT = Pending(found=False)
GONE = Succeeded(found=False)
CODES: dict[str, dict[Any, str]] = {
    "pay:native": {
        Declined: "PARAM_ERROR INVALID_REQUEST ORDER_CLOSED OPENID_MISMATCH RULE_LIMIT "
        "TRADE_ERROR ACCOUNT_ERROR NOT_ENOUGH NOTENOUGH USER_ACCOUNT_ABNORMAL "
        "AUTH_CODE_EXPIRE AUTHCODEEXPIRE AUTH_CODE_ERROR AUTH_CODE_INVALID ORDERREVERSED "
        "NOTSUPORTCARD",
        NotSent: "SIGN_ERROR NO_AUTH MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH ORDER_NOT_EXIST "
        "RESOURCE_NOT_EXISTS",
        limited: "FREQUENCY_LIMITED RATELIMIT_EXCEEDED",
        passing: "SYSTEM_ERROR SERVICE_UNAVAILABLE HTTP_202",
        Unknown: "BANK_ERROR BANKERROR ORDERPAID ORDER_PAID OUT_TRADE_NO_USED BUYER_MISMATCH",
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
        Unknown: "SYSTEM_ERROR SERVICE_UNAVAILABLE BANK_ERROR RATELIMIT_EXCEEDED",
        partial(Unknown, pause_s=codes.REFUNDS_APART_S): "FREQUENCY_LIMITED",
    },
}
CODES["query_refund"] = CODES["query"]
CODES |= {
    "split": {
        Declined: "NO_AUTH PARAM_ERROR INVALID_REQUEST NOT_ENOUGH RULE_LIMIT RECEIVER_HIGH_RISK "
        "OPENID_MISMATCH ORDER_NOT_EXIST RESOURCE_NOT_EXISTS",
        NotSent: "SIGN_ERROR MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH",
        Unknown: "SYSTEM_ERROR SERVICE_UNAVAILABLE BANK_ERROR FREQUENCY_LIMITED "
        "RATELIMIT_EXCEEDED OUT_TRADE_NO_USED",
    },
    "query_split": {
        Unknown: "SIGN_ERROR NO_AUTH MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH FREQUENCY_LIMITED "
        "RATELIMIT_EXCEEDED PARAM_ERROR INVALID_REQUEST SYSTEM_ERROR SERVICE_UNAVAILABLE "
        "BANK_ERROR",
        ABSENT: "RESOURCE_NOT_EXISTS",
    },
    "call_back": {
        Declined: "NO_AUTH PARAM_ERROR INVALID_REQUEST RESOURCE_NOT_EXISTS",
        NotSent: "SIGN_ERROR MCH_NOT_EXISTS APPID_MCHID_NOT_MATCH NOT_ENOUGH",
        Unknown: "SYSTEM_ERROR SERVICE_UNAVAILABLE BANK_ERROR FREQUENCY_LIMITED RATELIMIT_EXCEEDED",
    },
}
TABLES = {
    "pay:native": codes.PAY,
    "query": codes.QUERY,
    "close": codes.CLOSE,
    "refund": codes.REFUND,
    "split": codes.SPLIT,
    "query_split": codes.QUERY_SPLIT,
    "call_back": codes.SPLIT_RETURN,
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


# ── codes ──


@pytest.mark.parametrize(("operation", "code", "meaning"), ROWS)
def test_each_code_has_its_meaning(
    side: WechatSide, account: Any, operation: str, code: str, meaning: Any
) -> None:
    way, subject = operations_of(PLUGIN)[operation]
    answered = outcome(side, account, way, subject, side.refused(code))
    expected = meaning(code, "不行") if callable(meaning) else meaning
    assert answered == expected


def test_every_row_of_the_tables_is_tested() -> None:
    for operation, table in TABLES.items():
        listed = {each.replace("_", "") for name, each, _ in ROWS if name == operation}
        assert listed == {code.replace("_", "") for code in table}


def test_accepted_is_not_done(side: WechatSide, account: Any) -> None:
    for way, subject in operations_of(PLUGIN).values():
        assert isinstance(outcome(side, account, way, subject, side.answer({}, 202)), Unknown)


def test_a_payment_code_that_waits_for_its_payer_says_so_by_a_signed_202(
    side: WechatSide, account: Any
) -> None:
    way, subject = operations_of(PLUGIN)["pay:barcode"]
    content = {"code": "USERPAYING", "message": "需要用户输入支付密码"}
    waits = outcome(side, account, way, subject, side.answer(content, 202))
    assert waits == Pending(NoAction())


@pytest.mark.parametrize(
    "words",
    ["201 商户订单号重复", "订单重入参数校验失败", "重入请求数据和已存在的业务单据数据不一致"],
)
def test_a_number_that_is_in_use_ends_nothing(side: WechatSide, account: Any, words: str) -> None:
    """Whoever has that order's code may pay it: the query tells."""
    reply = side.answer({"code": "INVALID_REQUEST", "message": words}, 400)
    for method in (Method.NATIVE, Method.JSAPI, Method.H5, Method.BARCODE):
        way = PLUGIN.methods[method]
        assert not isinstance(way, HandOver)
        answered = outcome(side, account, way, order(method), reply)
        assert answered == Unknown("INVALID_REQUEST", words)


def test_a_split_that_comes_too_early_is_sent_again(side: WechatSide, account: Any) -> None:
    way, subject = operations_of(PLUGIN)["split"]
    body = '{"code":"INVALID_REQUEST","message":"订单处理中，暂时无法分账，请稍后再试"}'
    signed = Reply(400, side.signed(body.encode()), body.encode())
    assert isinstance(outcome(side, account, way, subject, signed), NotSent)


# ── states ──


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("NOTPAY", Pending()),
        ("USERPAYING", Pending()),
        ("CLOSED", Declined("CLOSED", "…", closed=True)),
        ("REVOKED", Declined("REVOKED", "…", closed=True)),
        ("PAYERROR", Declined("PAYERROR", "…")),
        ("", unlisted_code("", "…")),
    ],
)
def test_each_state_has_its_meaning(
    side: WechatSide, account: Any, state: str, meaning: Outcome
) -> None:
    reply = side.answer(side.transaction(PAYMENT_NO, state))
    assert outcome(side, account, PLUGIN.query, trade(), reply) == meaning


@pytest.mark.parametrize("state", ["SUCCESS", "REFUND"])
def test_a_refunded_trade_was_paid(side: WechatSide, account: Any, state: str) -> None:
    reply = side.answer(side.transaction(PAYMENT_NO, state))
    back = GivenBack() if state == "REFUND" else None
    assert outcome(side, account, PLUGIN.query, trade(), reply) == Succeeded(
        TRANSACTION_ID, Money(1299, "CNY"), NOW + timedelta(seconds=5), given_back=back
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"mchid": "1900000110"},
        {"appid": "wxother00000000"},
        {"amount": {}},
        {"amount": {"total": "12.99"}},
        {"amount": {"total": "-1299"}},
        {"amount": {"total": " 1299"}},
        {"amount": {"total": "１２９９"}},
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
        outcome(side, account, PLUGIN.query, trade(), reply)


def test_an_amount_may_stand_as_its_digits(side: WechatSide, account: Any) -> None:
    paid = side.transaction(PAYMENT_NO, "SUCCESS")
    as_text = paid | {"amount": {"total": "1299", "currency": "CNY"}}
    outcomes = [
        outcome(side, account, PLUGIN.query, trade(), side.answer(content))
        for content in (paid, as_text)
    ]
    assert outcomes[0] == outcomes[1]
    back = side.refund(REFUND_NO, PAYMENT_NO, "SUCCESS")
    reply = side.answer(back | {"amount": {"total": "1299", "refund": "500", "currency": "CNY"}})
    returned = outcome(side, account, PLUGIN.query_refund, refunding(), reply)
    assert isinstance(returned, Succeeded)
    assert returned.amount == Money(500, "CNY")


def test_another_currency_is_told_as_it_is(side: WechatSide, account: Any) -> None:
    changed = {"amount": {"total": 1299, "currency": "HKD"}}
    reply = side.answer(side.transaction(PAYMENT_NO, "SUCCESS") | changed)
    answered: Any = outcome(side, account, PLUGIN.query, trade(), reply)
    assert answered.amount == Money(1299, "HKD")


@pytest.mark.parametrize("operation", [PLUGIN.refund, PLUGIN.query_refund])
def test_each_state_of_a_refund_has_its_meaning(
    side: WechatSide, account: Any, operation: Any
) -> None:
    def answered(state: str) -> Outcome:
        reply = side.answer(side.refund(REFUND_NO, PAYMENT_NO, state))
        return outcome(side, account, operation, refunding(), reply)

    assert answered("PROCESSING") == Pending(channel_no=REFUND_ID)
    assert answered("SUCCESS") == Succeeded(
        REFUND_ID, Money(500, "CNY"), NOW + timedelta(seconds=9)
    )
    closed, abnormal = answered("CLOSED"), answered("ABNORMAL")
    assert isinstance(closed, Declined)
    assert (closed.code, closed.abnormal) == ("CLOSED", False)
    assert isinstance(abnormal, Declined)
    assert (abnormal.code, abnormal.abnormal) == ("ABNORMAL", True)
    assert abnormal.channel_no == REFUND_ID
    assert isinstance(answered("UNHEARD_OF"), Unknown)


def test_a_refund_of_another_payment_is_no_answer(side: WechatSide, account: Any) -> None:
    reply = side.answer(side.refund(REFUND_NO, "P2", "SUCCESS"))
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.refund, refunding(), reply)
