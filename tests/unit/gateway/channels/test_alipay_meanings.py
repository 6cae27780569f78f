"""Alipay: what each code and state means."""

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_codes import ABSENT, CODES, GONE
from tests.unit.gateway.channels.alipay_side import (
    TRADE_NO,
    AlipaySide,
)
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

from contracts.api import Method
from contracts.money import Money
from gateway.channels.alipay import codes
from gateway.channels.meanings import passing, unlisted_code, unsigned
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    NotSent,
    Outcome,
    Pending,
    Succeeded,
    Unknown,
    Unverifiable,
)

PLUGIN = AlipaySide.plugin
PAID_AT = NOW + timedelta(seconds=5)
RETURNED_AT = NOW + timedelta(seconds=9)
CLOSED_ON_PAY = {"TRADE_HAS_CLOSE"}
ROWS = [
    (operation, code, meaning)
    for operation, meanings in CODES.items()
    for meaning, listed in meanings.items()
    for code in listed.split()
]


@pytest.fixture(scope="module")
def side() -> AlipaySide:
    return AlipaySide()


@pytest.fixture(scope="module")
def account(side: AlipaySide) -> Any:
    return opened(side)


def method_of(account: Any, operation: Any, subject: Any) -> str:
    target: str = operation.call(subject, account).target
    return target


# ── codes ──


@pytest.mark.parametrize("prefix", ["ACQ", "aop.ACQ", "AQC"])
@pytest.mark.parametrize(("operation", "code", "meaning"), ROWS)
def test_each_code_has_its_meaning(
    side: AlipaySide, account: Any, operation: str, code: str, meaning: Any, prefix: str
) -> None:
    way, subject = operations_of(PLUGIN)[operation]
    refusal = {"sub_code": f"{prefix}.{code}", "sub_msg": "不行"}
    reply = side.answer(method_of(account, way, subject), refusal, "40004")
    answered = outcome(side, account, way, subject, reply)
    expected = meaning(f"{prefix}.{code}", "不行") if callable(meaning) else meaning
    assert answered == expected


def test_every_row_of_the_tables_is_tested() -> None:
    tables = {
        "query": codes.QUERY,
        "close": codes.CLOSE,
        "refund": codes.REFUND,
        "split": codes.SPLIT,
        "query_split": codes.QUERY_SPLIT,
    }
    for operation, table in tables.items():
        listed = {code for name, code, _ in ROWS if name == operation}
        assert listed == {code for code in table if not code.isdigit()}
    paying = {code for name, code, _ in ROWS if name == "pay:native"}
    assert paying | CLOSED_ON_PAY == {code for code in codes.PAY if not code.isdigit()}


def test_a_number_whose_trade_is_closed_stays_closed(side: AlipaySide, account: Any) -> None:
    reply = side.business_refusal("alipay.trade.precreate", "TRADE_HAS_CLOSE")
    answered = outcome(side, account, PLUGIN.methods[Method.NATIVE], order(), reply)
    assert answered == Declined("ACQ.TRADE_HAS_CLOSE", "不行", closed=True)


GATEWAY_ROWS = [
    ("20000", "isp.unknow-error", Unknown),
    ("20000", "aop.ACQ.TRADE_NOT_EXIST", Unknown),
    ("20001", "aop.invalid-auth-token", NotSent),
    ("40001", "isv.missing-method", NotSent),
    ("40002", "isv.invalid-signature", NotSent),
    ("40003", "isv.missing-signature-config", NotSent),
    ("40005", "isv.app-call-limited", Unknown),
    ("40006", "isv.insufficient-isv-permissions", NotSent),
]


@pytest.mark.parametrize(("code", "sub_code", "meaning"), GATEWAY_ROWS)
@pytest.mark.parametrize("is_signed", [True, False])
def test_the_gateways_own_refusals_count_where_they_are_signed(
    side: AlipaySide, account: Any, code: str, sub_code: str, meaning: Any, is_signed: bool
) -> None:
    for name, (way, subject) in operations_of(PLUGIN).items():
        method = method_of(account, way, subject)
        refusal = {"sub_code": sub_code, "sub_msg": "不行"}
        signed = side.answer(method, refusal, code)
        reply = signed if is_signed else side.gateway_refusal(method, code, sub_code)
        is_repeated = meaning is Unknown and name.startswith("pay:") and name != "pay:barcode"
        expected = Unknown if name.startswith("query") else meaning
        expected = passing if is_repeated else expected
        answered = outcome(side, account, way, subject, reply)
        if is_signed:
            assert answered == expected(sub_code, "不行")
        else:
            assert answered == unsigned(sub_code, "不行", is_passing=expected is passing)


def test_a_business_refusal_needs_a_signature(side: AlipaySide, account: Any) -> None:
    for way, subject in operations_of(PLUGIN).values():
        method = method_of(account, way, subject)
        reply = side.gateway_refusal(method, "40004", "ACQ.TRADE_NOT_EXIST")
        with pytest.raises(Unverifiable):
            outcome(side, account, way, subject, reply)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("TRADE_HAS_FINISHED", Unknown),
        ("TRADE_CANCEL_TIME_OUT", Unknown),
        ("CANCEL_NOT_ALLOWED", Unknown),
        ("REASON_TRADE_BEEN_FREEZEN", Unknown),
        ("REASON_TRADE_REFUND_FEE_ERR", Unknown),
        ("SYSTEM_ERROR", Unknown),
        ("SELLER_BALANCE_NOT_ENOUGH", NotSent),
        ("TRADE_NOT_EXIST", GONE),
    ],
)
def test_each_code_of_a_cancellation_has_its_meaning(
    side: AlipaySide, account: Any, code: str, meaning: Any
) -> None:
    assert PLUGIN.close is not None
    reply = side.business_refusal("alipay.trade.cancel", code)
    answered = outcome(side, account, PLUGIN.close, trade(Method.BARCODE), reply)
    assert answered == (meaning(f"ACQ.{code}", "不行") if callable(meaning) else meaning)


def test_a_cancellation_may_have_to_be_repeated(side: AlipaySide, account: Any) -> None:
    assert PLUGIN.close is not None
    content = {"out_trade_no": PAYMENT_NO, "retry_flag": "Y", "action": ""}
    reply = side.answer("alipay.trade.cancel", content)
    answered = outcome(side, account, PLUGIN.close, trade(Method.BARCODE), reply)
    assert isinstance(answered, Unknown)


# ── states ──


@pytest.mark.parametrize(
    ("state", "more", "meaning"),
    [
        ("WAIT_BUYER_PAY", {}, Pending(channel_no=TRADE_NO)),
        ("TRADE_SUCCESS", {}, Succeeded(TRADE_NO, Money(1299, "CNY"), PAID_AT)),
        ("TRADE_FINISHED", {}, Succeeded(TRADE_NO, Money(1299, "CNY"), PAID_AT)),
        (
            "TRADE_CLOSED",
            {"send_pay_date": "2026-01-31 12:00:05"},
            Succeeded(
                TRADE_NO, Money(1299, "CNY"), PAID_AT, given_back=GivenBack(Money(1299, "CNY"))
            ),
        ),
        (
            "TRADE_SUCCESS",
            {"refund_fee": "3.00"},
            Succeeded(
                TRADE_NO, Money(1299, "CNY"), PAID_AT, given_back=GivenBack(Money(300, "CNY"))
            ),
        ),
        (
            "TRADE_CLOSED",
            {},
            Declined("TRADE_CLOSED", "the trade was closed unpaid", closed=True),
        ),
    ],
)
def test_each_state_has_its_meaning(
    side: AlipaySide, account: Any, state: str, more: dict[str, str], meaning: Outcome
) -> None:
    reply = side.answer("alipay.trade.query", side.trade(PAYMENT_NO, state) | more)
    assert outcome(side, account, PLUGIN.query, trade(), reply) == meaning


def test_a_cancelled_payment_code_is_closed_even_if_it_was_paid(
    side: AlipaySide, account: Any
) -> None:
    content = side.trade(PAYMENT_NO, "TRADE_CLOSED") | {"send_pay_date": "2026-01-31 12:00:05"}
    reply = side.answer("alipay.trade.query", content)
    answered = outcome(side, account, PLUGIN.query, trade(Method.BARCODE), reply)
    assert isinstance(answered, Declined)
    assert answered.closed


def test_a_code_may_stand_without_quotes(side: AlipaySide, account: Any) -> None:
    content = side.trade(PAYMENT_NO, "TRADE_SUCCESS", "12.99")
    outcomes = [
        outcome(
            side, account, PLUGIN.query, trade(), side.answer("alipay.trade.query", content, code)
        )
        for code in ("10000", 10000)
    ]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("amount", ["", "12,99", "1e3", "12.999", " 12.99", "１２.99", "NaN"])
def test_a_payment_whose_amount_cannot_be_read_is_no_payment(
    side: AlipaySide, account: Any, amount: str
) -> None:
    content = side.trade(PAYMENT_NO, "TRADE_SUCCESS", amount)
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query, trade(), side.answer("alipay.trade.query", content))


def test_a_refund_is_done_only_where_money_moved(side: AlipaySide, account: Any) -> None:
    """`refund_fee` sums up all refunds of the trade: no amount of this one is told."""
    content = {
        "out_trade_no": PAYMENT_NO,
        "fund_change": "Y",
        "refund_fee": "12.99",
        "gmt_refund_pay": "2026-01-31 12:00:09",
    }
    for changed, meaning in (
        ({}, Succeeded(at=RETURNED_AT, given_back=GivenBack(Money(1299, "CNY")))),
        ({"refund_fee": "much"}, Succeeded(at=RETURNED_AT)),
        ({"fund_change": "N"}, Pending()),
        ({"fund_change": ""}, Pending()),
    ):
        reply = side.answer("alipay.trade.refund", content | changed)
        assert outcome(side, account, PLUGIN.refund, refunding(), reply) == meaning
    other = side.answer("alipay.trade.refund", content | {"out_trade_no": "P2"})
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.refund, refunding(), other)


@pytest.mark.parametrize(
    ("changed", "meaning"),
    [
        ({}, Succeeded(amount=Money(500, "CNY"), at=RETURNED_AT)),
        ({"refund_status": ""}, Pending()),
        ({"refund_status": "REFUND_PROCESSING"}, Pending()),
        (
            {"refund_status": "REFUND_FAIL", "error_code": "X"},
            Declined("X", "the refund failed"),
        ),
        (
            {"refund_status": "UNHEARD_OF"},
            unlisted_code("UNHEARD_OF", "a refund in an unknown state"),
        ),
        (
            {"deposit_back_info": {"has_deposit_back": "true", "dback_status": "F"}},
            Declined("DEPOSIT_BACK_FAILED", "the payer's bank sent it back", abnormal=True),
        ),
        ({"out_request_no": ""}, ABSENT),
    ],
)
def test_each_state_of_a_refund_has_its_meaning(
    side: AlipaySide, account: Any, changed: dict[str, Any], meaning: Outcome
) -> None:
    content = {
        "out_trade_no": PAYMENT_NO,
        "out_request_no": REFUND_NO,
        "refund_status": "REFUND_SUCCESS",
        "refund_amount": "5.00",
        "gmt_refund_pay": "2026-01-31 12:00:09",
    }
    reply = side.answer("alipay.trade.fastpay.refund.query", content | changed)
    assert outcome(side, account, PLUGIN.query_refund, refunding(), reply) == meaning
