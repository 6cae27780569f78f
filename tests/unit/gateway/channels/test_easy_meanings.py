"""易生: what each code, state and notification means, and what is believed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    operations_of,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.easy_side import EasySide, text_to_sign
from tests.unit.gateway.channels.plugin_driver import opened, outcome

from contracts.actions import RedirectAction
from contracts.api import Method
from contracts.money import Money
from gateway.channels.easy import codes
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Declined,
    NotifiedPayment,
    NotSent,
    Outcome,
    Pending,
    RawNotification,
    Reply,
    Succeeded,
    Unknown,
    Unverifiable,
)

PLUGIN = EasySide.plugin
ABSENT = Pending(found=False)
AFTER = MOMENT.now + timedelta(hours=2, minutes=6)
PAY_CODES: dict[Any, str] = {
    Declined: "06",
    NotSent: "20 21 22 24",
    Unknown: "XX xx 07 11 12 13 14 15 16 98 99",
}
QUERY_CODES: dict[Any, str] = {Unknown: "06 07 20 21 22 24 XX 11 12 13 14 15 16 98 99"}
QUERY_REFUND_CODES: dict[Any, str] = {
    Unknown: "06 20 21 22 24 XX 11 12 13 14 15 16 98 99",
    ABSENT: "07",
}
ROWS = [
    (operation, code, meaning)
    for operation, meanings in {
        "pay:h5": PAY_CODES,
        "refund": PAY_CODES,
        "query": QUERY_CODES,
        "query_refund": QUERY_REFUND_CODES,
    }.items()
    for meaning, listed in meanings.items()
    for code in listed.split()
]


@pytest.fixture(scope="module")
def side() -> EasySide:
    return EasySide()


@pytest.fixture(scope="module")
def account(side: EasySide) -> Any:
    return opened(side)


# ── what is answered ──


def test_the_payer_is_sent_to_the_cashier_unchanged(side: EasySide, account: Any) -> None:
    page = "https://easy.example/cashier/index.html?params=%7B%22payToken%22%3A%22t%22%7D"
    for method in PLUGIN.methods:
        reply = side.prepared(method, PAYMENT_NO)
        answered = outcome(side, account, PLUGIN.methods[method], order(method), reply)
        assert answered == Pending(RedirectAction(url=page))


@pytest.mark.parametrize(
    ("biz_data", "kind"),
    [
        ({"tradeRetCode": "06", "tradeRetMsg": "不行"}, Declined),
        ({"tradeRetCode": "Z9", "redirectUrl": "https://easy.example/"}, Unknown),
    ],
)
def test_an_order_that_failed_has_no_cashier(
    side: EasySide, account: Any, biz_data: dict[str, str], kind: type[Outcome]
) -> None:
    answered = outcome(
        side, account, PLUGIN.methods[Method.H5], order(Method.H5), side.answer(biz_data)
    )
    assert isinstance(answered, kind)


def test_an_answer_without_a_page_is_no_answer(side: EasySide, account: Any) -> None:
    reply = side.answer({"tradeRetCode": "00"})
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.methods[Method.H5], order(Method.H5), reply)


@pytest.mark.parametrize(("operation", "code", "meaning"), ROWS)
def test_each_code_has_its_meaning(
    side: EasySide, account: Any, operation: str, code: str, meaning: Any
) -> None:
    way, subject = operations_of(PLUGIN)[operation]
    expected = meaning(f"0100{code}", "不行") if isinstance(meaning, type) else meaning
    fields = {"tradeRetCode": code, "tradeRetMsg": "不行"}
    signed = side.answer(fields, sysRetCode=f"0100{code}", sysRetMsg="不行")
    assert outcome(side, account, way, subject, signed) == expected


def test_every_row_of_the_tables_is_tested() -> None:
    for operation, table in {
        "pay:h5": codes.PAY,
        "query": codes.QUERY,
        "query_refund": codes.QUERY_REFUND,
    }.items():
        assert {code.upper() for name, code, _ in ROWS if name == operation} == set(table)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("99", Pending(channel_no="EP20260131000001")),
        ("98", Pending(channel_no="EP20260131000001")),
        ("", Pending(channel_no="EP20260131000001")),
        ("06", Declined("06", "…", closed=True)),
        ("XX", unlisted_code("XX", "…")),
    ],
)
def test_each_state_has_its_meaning(
    side: EasySide, account: Any, code: str, meaning: Outcome
) -> None:
    reply = side.answer(side.trade(PAYMENT_NO, code))
    assert outcome(side, account, PLUGIN.query, trade(), reply) == meaning


def test_a_query_that_tells_no_amount_is_believed(side: EasySide, account: Any) -> None:
    """The documents list none; whose trade it is, the trace says."""
    content = side.trade(PAYMENT_NO, "00")
    content.pop("transAmt")
    answered = outcome(side, account, PLUGIN.query, trade(), side.answer(content))
    assert answered == Succeeded("EP20260131000001", None, None)


def test_a_query_that_tells_when_it_was_paid_is_believed(side: EasySide, account: Any) -> None:
    """As notifications do; oriBizDate and oriBizTime are when the order was begun."""
    content = side.trade(PAYMENT_NO, "00") | {"tradeDate": "20260201", "tradeTime": "000100"}
    answered = outcome(side, account, PLUGIN.query, trade(), side.answer(content))
    assert isinstance(answered, Succeeded)
    assert answered.at == datetime(2026, 1, 31, 16, 1, tzinfo=UTC)


def test_an_amount_may_stand_as_a_number(side: EasySide, account: Any) -> None:
    content = side.trade(PAYMENT_NO, "00") | {"transAmt": 1299}
    answered = outcome(side, account, PLUGIN.query, trade(), side.answer(content))
    assert isinstance(answered, Succeeded)
    assert answered.amount == Money(1299, "CNY")
    notification = side.notification(PAYMENT_NO, "00", biz_data={"tradeAmt": 1299})
    [notified] = PLUGIN.notifications.read(notification, account, MOMENT)
    assert isinstance(notified.outcome, Succeeded)
    assert notified.outcome.amount == Money(1299, "CNY")


@pytest.mark.parametrize("amount", ["12.99", "-1299", " 1299", -1299, 12.99, True, [1]])
def test_a_misshapen_amount_is_no_answer(side: EasySide, account: Any, amount: object) -> None:
    reply = side.answer(side.trade(PAYMENT_NO, "00") | {"transAmt": amount})
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query, trade(), reply)


def test_not_found_closes_nothing_however_late_it_is(side: EasySide, account: Any) -> None:
    """`07` is documented as unknown, to be asked later: the payer may hold a page all the same."""
    late = replace(MOMENT, now=AFTER)
    for code in ("07", "000007"):
        fields = side.answer({"tradeRetCode": "07", "tradeRetMsg": "…"}, sysRetCode=code)
        bare = Reply(200, {}, f'{{"sysRetCode":"{code}","sysRetMsg":"…"}}'.encode())
        for reply in (fields, bare):
            for moment in (MOMENT, late):
                answered = outcome(side, account, PLUGIN.query, trade(), reply, moment)
                assert isinstance(answered, Unknown)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("00", Succeeded("EP20260131000001", Money(500, "CNY"), None)),
        ("99", Pending(channel_no="EP20260131000001")),
        ("06", Declined("06", "…")),
        ("XX", Declined("XX", "…", abnormal=True)),
        ("Z9", unlisted_code("Z9", "…")),
    ],
)
def test_each_state_of_a_refund_has_its_meaning(
    side: EasySide, account: Any, code: str, meaning: Outcome
) -> None:
    reply = side.answer(side.trade(REFUND_NO, code, 500))
    assert outcome(side, account, PLUGIN.query_refund, refunding(), reply) == meaning


def test_nothing_signed_is_nothing_said(side: EasySide, account: Any) -> None:
    body = {"sysRetCode": "000000", "bizData": side.trade(PAYMENT_NO, "00")}
    for changed in ({}, {"sign": ""}, {"sign": "AAAA"}, {"bizData": {}, "sign": "AAAA"}):
        reply = Reply(200, {}, json.dumps(body | changed).encode())
        with pytest.raises(Unverifiable):
            outcome(side, account, PLUGIN.query, trade(), reply)


# ── notifications ──


@pytest.mark.parametrize("code", ["06", "99", "98"])
def test_a_notification_never_ends_a_payment_unpaid(
    side: EasySide, account: Any, code: str
) -> None:
    """The payer may try again on the same page."""
    [answered] = PLUGIN.notifications.read(side.notification(PAYMENT_NO, code), account, MOMENT)
    assert isinstance(answered, NotifiedPayment)
    assert isinstance(answered.outcome, Pending)


def test_a_notification_says_when_it_was_paid(side: EasySide, account: Any) -> None:
    [answered] = PLUGIN.notifications.read(side.paid_notification(PAYMENT_NO), account, MOMENT)
    assert answered.outcome == Succeeded(
        "EP20260131000001", Money(1299, "CNY"), NOW + timedelta(seconds=5)
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"orgInfo": ""},
        {"orgTrace": "ORG9999920260131120000000001"},
        {"orgTrace": ""},
        {"orgId": "ORG000000001216"},
        {"bizData": {}},
        {"bizData": "x"},
        {"sign": ""},
    ],
)
def test_a_notification_whose_parts_do_not_belong_together_is_refused(
    side: EasySide, account: Any, changed: dict[str, Any]
) -> None:
    notification = side.notification(PAYMENT_NO, "00")
    body = json.dumps(json.loads(notification.body) | changed).encode()
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(RawNotification(notification.headers, body), account, MOMENT)


@pytest.mark.parametrize("absent", [("tradeAmt",), ("outTrace", "pcTrace")])
def test_a_signed_text_that_is_no_notification_is_refused(
    side: EasySide, account: Any, absent: tuple[str, ...]
) -> None:
    """As the answer to an order, which says 00 before anybody paid."""
    notification = side.notification(PAYMENT_NO, "00", biz_data=dict.fromkeys(absent, ""))
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, account, MOMENT)


def test_each_field_of_a_notification_is_signed(side: EasySide, account: Any) -> None:
    content = json.loads(side.paid_notification(PAYMENT_NO).body)
    for name in content["bizData"]:
        forged = content["bizData"] | {name: content["bizData"][name] + "1"}
        body = json.dumps(content | {"bizData": forged}).encode()
        with pytest.raises(Unverifiable):
            PLUGIN.notifications.read(RawNotification({}, body), account, MOMENT)


class SignedWhole:
    """An account whose signatures cover the envelope too, and its messages."""

    def __init__(self, side: EasySide) -> None:
        self._side = side
        self.account = opened(side, sign_scope="envelope+bizData")

    def sealed(self, content: dict[str, Any]) -> dict[str, Any]:
        kept = {name: each for name, each in content.items() if name not in ("bizData", "sign")}
        text = text_to_sign({**content["bizData"], **kept})
        return content | {"sign": self._side.platform.sign(text)}

    def read(self, content: dict[str, Any]) -> Any:
        notification = RawNotification({}, json.dumps(content).encode())
        return PLUGIN.notifications.read(notification, self.account, MOMENT)


@pytest.mark.parametrize("code", ["06", "00"])
def test_what_is_signed_in_the_envelope_is_not_read_from_biz_data(
    side: EasySide, code: str
) -> None:
    whole = SignedWhole(side)
    genuine = whole.sealed(json.loads(side.notification(PAYMENT_NO, code).body))
    [payment] = whole.read(genuine)
    assert payment.is_unbound is False
    forged = genuine["bizData"] | {"tradeRetCode": "00", "tradeAmt": "999900"}
    with pytest.raises(Unverifiable, match="both parts"):
        whole.read(genuine["bizData"] | genuine | {"bizData": forged})
    answer = Reply(200, {}, json.dumps(genuine["bizData"] | genuine | {"bizData": forged}).encode())
    call = PLUGIN.query.call(trade(), whole.account)
    with pytest.raises(Unverifiable, match="both parts"):
        PLUGIN.wire.verify(answer, call, whole.account, MOMENT)


def test_an_empty_name_in_the_envelope_leaves_nothing_unsigned(side: EasySide) -> None:
    whole = SignedWhole(side)
    genuine = whole.sealed(
        json.loads(side.notification(PAYMENT_NO, "06", biz_data={"tradeRetMsg": ""}).body)
    )
    written = genuine["bizData"] | {"tradeRetMsg": "written by a stranger"}
    with pytest.raises(Unverifiable, match="both parts"):
        whole.read(genuine | {"tradeRetMsg": "", "bizData": written})


def test_a_name_may_stand_in_both_parts_with_one_value(side: EasySide) -> None:
    whole = SignedWhole(side)
    content = json.loads(side.paid_notification(PAYMENT_NO).body)
    assert whole.read(whole.sealed(content | {"tradeRetCode": "00"}))


def test_a_number_that_is_not_signed_only_makes_us_ask(side: EasySide, account: Any) -> None:
    [answered] = PLUGIN.notifications.read(side.paid_notification(PAYMENT_NO), account, MOMENT)
    assert isinstance(answered, NotifiedPayment)
    assert answered.is_unbound


def test_notifications_are_answered_as_easypay_wants() -> None:
    accept = PLUGIN.notifications.accept
    assert (accept.status, accept.media_type) == (200, "application/json")
    assert json.loads(accept.body) == {"code": "000000", "msg": "Success"}
    assert json.loads(PLUGIN.notifications.refuse.body)["code"] != "000000"


@pytest.mark.parametrize(
    ("agreed", "body", "media_type"),
    [
        ({}, b'{"code":"000000","msg":"Success"}', "application/json"),
        ({"notify_ack": "json"}, b'{"code":"000000","msg":"Success"}', "application/json"),
        ({"notify_ack": "return_code"}, b'{"return_code":"SUCCESS"}', "application/json"),
        ({"notify_ack": "ok"}, b"ok", "text/plain"),
    ],
)
def test_an_account_may_have_agreed_on_another_answer(
    side: EasySide, agreed: dict[str, str], body: bytes, media_type: str
) -> None:
    accept_of = PLUGIN.notifications.accept_of
    assert accept_of is not None
    answered = accept_of(opened(side, **agreed))
    assert (answered.status, answered.body, answered.media_type) == (200, body, media_type)


def test_there_is_no_close() -> None:
    assert PLUGIN.close is None
