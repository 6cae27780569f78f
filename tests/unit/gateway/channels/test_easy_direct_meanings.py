"""What 易企通 2.0 says, state by state and code by code, and what is asked of it."""

from dataclasses import replace
from datetime import UTC, datetime
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
from tests.unit.gateway.channels.easy_direct_side import BRIDGE, PAGE, EasyDirectSide
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.plugin_driver import outcome

from contracts.actions import JsapiAction, QrCodeAction, RedirectAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    NotifiedPayment,
    NotUnderstood,
    Pending,
    RawNotification,
    Reply,
    Succeeded,
    Trial,
    Unknown,
    Unverifiable,
)

SIDE = EasyDirectSide()
PLUGIN = SIDE.plugin
ACCOUNT = PLUGIN.open_account(PLUGIN.credentials.model_validate(SIDE.credentials()))
CHOSEN_AT = datetime(2026, 2, 2, 16, 0, 1, tzinfo=UTC)
CHOSEN_LATE = replace(trade(), initiated_at=CHOSEN_AT)

STATES = [
    ("9", Pending(channel_no="EQ20260131000001")),
    ("X", Declined("X", "交易/状态")),
    ("E", Declined("E", "交易/状态")),
    ("A", Declined("A", "交易/状态", closed=True)),
    ("C", Declined("C", "交易/状态", closed=True)),
    ("R", Declined("R", "交易/状态", closed=True, given_back=GivenBack())),
]


def account_with(**changed: Any) -> Any:
    return PLUGIN.open_account(PLUGIN.credentials.model_validate(SIDE.credentials() | changed))


def asked(method: Method, account: Any = ACCOUNT, **changed: Any) -> Any:
    call = PLUGIN.methods[method].call(order(method, **changed), account)
    return SIDE.asked(PLUGIN.wire.sign(call, account, MOMENT))


def queried(state: object, **facts: Any) -> Any:
    reply = SIDE.answer(SIDE.body(state, SIDE.trade(PAYMENT_NO) | facts))
    return outcome(SIDE, ACCOUNT, PLUGIN.query, trade(), reply)


@pytest.mark.parametrize(("state", "expected"), STATES)
def test_each_state_of_a_payment(state: str, expected: object) -> None:
    assert queried(state) == expected


@pytest.mark.parametrize("state", ["1", "2", "", "00", "c"])
def test_a_state_that_adapters_disagree_about_makes_us_ask_again(state: str) -> None:
    answered = queried(state)
    assert isinstance(answered, Unknown)
    assert not answered.is_listed


@pytest.mark.parametrize("amount", ["12.99", "-1299", " 1299", -1299, 12.99, True, None, 1e3])
def test_a_paid_trade_with_a_misshapen_amount_is_no_answer(amount: object) -> None:
    with pytest.raises(Unverifiable):
        queried("0", transAmount=amount)


def test_an_amount_may_stand_as_its_digits() -> None:
    assert queried("0", transAmount="1299") == queried("0", transAmount=1299)


def test_states_and_numbers_may_stand_without_quotes() -> None:
    """Signed as they stand, and nothing else can be meant."""
    for state in (0, 9):
        assert queried(state) == queried(str(state))
    numbers = {"outTrace": 2026013100000001, "timeEnd": 20260131080000}
    as_texts = {name: str(value) for name, value in numbers.items()}
    assert queried("0", **numbers) == queried("0", **as_texts)
    body = SIDE.body(2, SIDE.trade(REFUND_NO, 500))
    returned = outcome(SIDE, ACCOUNT, PLUGIN.query_refund, refunding(), SIDE.answer(body))
    assert isinstance(returned, Succeeded)


@pytest.mark.parametrize("state", [True, False, 0.0, 1, -9, None, [0], {"0": 0}])
def test_a_state_of_another_shape_makes_us_ask_again(state: object) -> None:
    assert isinstance(queried(state), Unknown)


def test_another_merchant_is_another_one_without_quotes_too() -> None:
    body = SIDE.body("0", SIDE.trade(PAYMENT_NO), mer_code=850000000000002)
    with pytest.raises(Unverifiable):
        outcome(SIDE, ACCOUNT, PLUGIN.query, trade(), SIDE.answer(body))


@pytest.mark.parametrize("code", ["QT0099", "999999", "QTC001", "QTC0ZZ"])
def test_the_printed_codes_are_unknown_and_nobody_is_alarmed(code: str) -> None:
    for subject, operation in ((trade(), PLUGIN.query), (refunding(), PLUGIN.refund)):
        answered = outcome(SIDE, ACCOUNT, operation, subject, SIDE.refused(code))
        assert isinstance(answered, Unknown)
        assert answered.is_listed


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("9", Pending(channel_no="EQ20260131000001")),
        ("X", Declined("X", "交易/状态")),
        ("E", Declined("E", "交易/状态", abnormal=True)),
    ],
)
def test_each_state_of_a_refund(state: str, expected: object) -> None:
    reply = SIDE.answer(SIDE.body(state, SIDE.trade(REFUND_NO, 500)))
    assert outcome(SIDE, ACCOUNT, PLUGIN.query_refund, refunding(), reply) == expected


@pytest.mark.parametrize("state", ["0", "1", "A", "R"])
def test_a_refund_has_only_come_back_where_its_own_state_says_so(state: str) -> None:
    reply = SIDE.answer(SIDE.body(state, SIDE.trade(REFUND_NO, 500)))
    answered = outcome(SIDE, ACCOUNT, PLUGIN.query_refund, refunding(), reply)
    assert isinstance(answered, Unknown)


@pytest.mark.parametrize(
    ("wallet", "native", "page"),
    [
        ("alipay", "AliPayNative", "AliPayNative"),
        ("wechat", "WeChatNative", "AliPayNative"),
        ("unionpay", "UnionPayNative", "UnionPayNative"),
    ],
)
def test_the_account_says_whose_code_is_shown(wallet: str, native: str, page: str) -> None:
    account = account_with(code_wallet=wallet)
    assert asked(Method.NATIVE, account).content["payInfo"]["payType"] == native
    for method in (Method.APP, Method.H5):
        assert asked(method, account).content["payInfo"]["payType"] == page


def test_a_code_is_shown_and_a_phone_is_sent_to_its_page() -> None:
    for method, action in (
        (Method.NATIVE, QrCodeAction(qr_code=PAGE)),
        (Method.APP, RedirectAction(url=PAGE)),
        (Method.JSAPI, JsapiAction(params=BRIDGE)),
    ):
        reply = SIDE.prepared(method, PAYMENT_NO)
        answered = outcome(SIDE, ACCOUNT, PLUGIN.methods[method], order(method), reply)
        assert answered == Pending(action)


@pytest.mark.parametrize("code", ["weixin://wxpay/bizpayurl?pr=1", "javascript:alert(1)", ""])
def test_a_code_that_leads_to_no_page_calls_nobody(code: str) -> None:
    reply = SIDE.answer(SIDE.body("9", {"orgTrace": PAYMENT_NO, "qrCode": code}))
    with pytest.raises(Unverifiable):
        outcome(SIDE, ACCOUNT, PLUGIN.methods[Method.APP], order(Method.APP), reply)


@pytest.mark.parametrize("fields", [None, "", "{", "[]", "{}", {}, {"a": 1}, {"a": None}])
def test_what_no_bridge_understands_calls_nobody(fields: object) -> None:
    reply = SIDE.answer(SIDE.body("9", {"orgTrace": PAYMENT_NO, "wxWcPayData": fields}))
    with pytest.raises(Unverifiable):
        outcome(SIDE, ACCOUNT, PLUGIN.methods[Method.JSAPI], order(Method.JSAPI), reply)


def test_the_yes_to_an_order_is_never_a_payment() -> None:
    for state in ("0", "9", ""):
        reply = SIDE.answer(SIDE.body(state, {"orgTrace": PAYMENT_NO, "qrCode": PAGE}))
        way = PLUGIN.methods[Method.NATIVE]
        assert isinstance(outcome(SIDE, ACCOUNT, way, order(), reply), Pending)


def test_the_payer_of_each_wechat_app_is_named_under_its_own() -> None:
    account = account_with(official_account_appid="wxA", mini_program_appid="wxB")
    for method, pay_type, appid in (
        (Method.JSAPI, "WeChatJsapi", "wxA"),
        (Method.MINI_PROGRAM, "WeChatMiniApp", "wxB"),
    ):
        info = asked(method, account, openid="oPayer").content["payInfo"]
        assert info == {
            "payType": pay_type, "transDate": "20260131", "payerId": "oPayer", "wxSubAppid": appid
        }  # fmt: skip


def test_a_merchant_may_ask_for_itself_under_a_certificate_of_its_own() -> None:
    account = account_with(requester="merchant", certificate_id="C7")
    request = PLUGIN.wire.sign(PLUGIN.query.call(trade(), account), account, MOMENT)
    assert b'"reqId":"850000000000001","reqType":"1","certificateId":"C7"' in request.body


def test_days_are_those_of_beijing() -> None:
    late = datetime(2026, 1, 31, 16, 30, tzinfo=UTC)
    call = PLUGIN.query.call(replace(trade(), created_at=late), ACCOUNT)
    assert call.body is not None
    assert call.body["reqOrderInfo"] == {"oriOrgTrace": PAYMENT_NO, "oriTransDate": "20260201"}


def test_a_payment_has_the_day_on_which_its_payer_chose() -> None:
    """易生 takes no order of another day than today; its day is part of its name afterwards."""
    chosen = asked(Method.NATIVE, initiated_at=CHOSEN_AT)
    assert chosen.content["payInfo"]["transDate"] == "20260203"
    query = PLUGIN.query.call(CHOSEN_LATE, ACCOUNT)
    refund = PLUGIN.refund.call(replace(refunding(), trade=CHOSEN_LATE), ACCOUNT)
    for body in (query.body, refund.body):
        assert body is not None
        assert body["reqOrderInfo"]["oriTransDate"] == "20260203"


def test_what_a_release_before_began_is_asked_about_by_the_day_of_its_order() -> None:
    former = PLUGIN.former_query
    assert former is not None
    missing = Unknown("QTC006", "…")
    assert former.is_for(CHOSEN_LATE, missing)
    assert not former.is_for(trade(), missing)
    for known in (Unknown("QT0099", "…"), Pending(), Succeeded(), Declined("C", "…", closed=True)):
        assert not former.is_for(CHOSEN_LATE, known)

    body = former.query.call(CHOSEN_LATE, ACCOUNT).body
    assert body is not None
    assert body["reqOrderInfo"] == {"oriOrgTrace": PAYMENT_NO, "oriTransDate": "20260131"}
    paid = outcome(SIDE, ACCOUNT, former.query, CHOSEN_LATE, SIDE.paid(PAYMENT_NO))
    assert isinstance(paid, Succeeded)


def test_an_answer_is_no_notification() -> None:
    """The same signature stands under both: a query's answer could be sent as news."""
    answer = SIDE.sealed(
        "req", {"rspCode": "000000", "rspInfo": ""}, SIDE.body("0", SIDE.trade(PAYMENT_NO))
    )
    body = str(answer).replace("'", '"').encode()
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(RawNotification({}, body), ACCOUNT, MOMENT)


@pytest.mark.parametrize("state", ["1", "2", "UNHEARD_OF", ""])
def test_news_that_nobody_understands_comes_again(state: str) -> None:
    with pytest.raises(NotUnderstood):
        PLUGIN.notifications.read(SIDE.notification(PAYMENT_NO, state), ACCOUNT, MOMENT)


@pytest.mark.parametrize("state", ["X", "E"])
def test_a_failed_try_is_not_the_end_of_a_payment(state: str) -> None:
    [fields] = PLUGIN.notifications.read(SIDE.notification(PAYMENT_NO, state), ACCOUNT, MOMENT)
    assert fields == NotifiedPayment(PAYMENT_NO, Pending())


def test_a_notification_is_bound_to_its_number() -> None:
    [fields] = PLUGIN.notifications.read(SIDE.paid_notification(PAYMENT_NO), ACCOUNT, MOMENT)
    assert not getattr(fields, "is_unbound", False)
    assert isinstance(fields.outcome, Succeeded)
    assert fields.outcome.amount == Money(1299, "CNY")


def test_a_product_does_not_read_what_the_other_one_is_told() -> None:
    other = EasySide()
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(other.paid_notification(PAYMENT_NO), ACCOUNT, MOMENT)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (SIDE.refused("QTC006"), Trial(True, "QTC006", "…")),
        (SIDE.answer({}, "QT0002"), "org_private_key_pem"),
        (SIDE.refused("QT0010"), "mer_code"),
        (SIDE.refused("999999"), None),
    ],
)
def test_what_a_trial_blames(reply: Reply, expected: Trial | str | None) -> None:
    call = PLUGIN.query.call(trade(), ACCOUNT)
    answered = PLUGIN.trial(reply, call, ACCOUNT, MOMENT)
    if isinstance(expected, Trial):
        assert (answered.ok, answered.code) == (True, expected.code)
    else:
        assert not answered.ok
        assert answered.field == expected
