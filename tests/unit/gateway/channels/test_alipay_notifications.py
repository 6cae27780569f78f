"""What Alipay tells by itself: what happened stands in values, never in the presence of a field."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from tests.unit.gateway.channels.alipay_side import (
    APP_ID,
    SELLER_ID,
    TRADE_NO,
    AlipaySide,
    text_to_sign,
)
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    refunding,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import opened, outcome

from contracts.api import Method
from contracts.money import Money
from gateway.channels.alipay import PLUGIN
from gateway.channels.plugin import (
    AnotherReceiver,
    Declined,
    GivenBack,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    Outcome,
    Pending,
    RawNotification,
    Receiver,
    Succeeded,
    Understood,
    Unknown,
    Unverifiable,
)

PAID_AT = NOW + timedelta(seconds=5)
SENT_AT = NOW + timedelta(seconds=6)
RETURNED_AT = NOW + timedelta(seconds=9)
AUTHORISED = {"app_auth_token": "202601BB…", "seller_id": SELLER_ID}
PAID = Succeeded(TRADE_NO, Money(1299, "CNY"), PAID_AT)


@pytest.fixture(scope="module")
def side() -> AlipaySide:
    return AlipaySide()


@pytest.fixture(scope="module")
def account(side: AlipaySide) -> Any:
    return opened(side, seller_id=SELLER_ID)


def read(account: Any, notification: RawNotification) -> list[Notified]:
    return PLUGIN.notifications.read(notification, account, MOMENT)


def paid_and_back(amount_minor: int | None, number: str | None = None) -> Succeeded:
    amount = None if amount_minor is None else Money(amount_minor, "CNY")
    return replace(PAID, given_back=GivenBack(amount, number))


# ── a payment, whatever fields stand beside it ──


@pytest.mark.parametrize("state", ["TRADE_SUCCESS", "TRADE_FINISHED"])
@pytest.mark.parametrize(
    "beside",
    [
        {"refund_fee": "0.00"},
        {"refund_fee": ""},
        {"out_biz_no": ""},
        {"gmt_refund": ""},
        {"gmt_close": "2026-01-31 12:00:06"},
        {"refund_fee": "0.00", "out_biz_no": "", "gmt_refund": "", "send_back_fee": "0.00"},
        {"refund_fee": "0.00", "out_biz_no": REFUND_NO},
        {"out_biz_no": "anything"},
        {"a_field_of_next_year": "x"},
    ],
    ids=str,
)
def test_a_payment_is_heard_of_whatever_stands_beside_it(
    side: AlipaySide, account: Any, state: str, beside: dict[str, str]
) -> None:
    notification = side.notification(side.trade_fields(PAYMENT_NO, state), **beside)
    assert read(account, notification) == [NotifiedPayment(PAYMENT_NO, PAID)]


def in_charset(side: AlipaySide, charset: str, subject: bytes) -> RawNotification:
    """Alipay signs the bytes that it sends."""
    pairs = parse_qsl(side.paid_notification(PAYMENT_NO).body.decode())
    fields = {name: value.encode("gbk") for name, value in pairs if name != "sign"}
    fields |= {"charset": charset.encode(), "subject": subject}
    kept = sorted((name, value) for name, value in fields.items() if name != "sign_type")
    content = b"&".join(name.encode() + b"=" + value for name, value in kept)
    fields["sign"] = side.platform.sign(content).encode()
    return RawNotification({}, urlencode(fields).encode())


@pytest.mark.parametrize(
    ("charset", "subject"),
    [
        ("GBK", "物业费 11月".encode("gbk")),
        ("gb2312", "物业费".encode("gbk")),
        ("utf-8", "物业费".encode()),
        ("UTF-8", "物业费".encode()[:-1]),
        ("GBK", "物业费".encode("gbk")[:-1]),
        ("klingon", "物业费".encode()),
        ("", b"\x00\xff"),
    ],
)
def test_a_payment_is_heard_of_in_any_charset(
    side: AlipaySide, account: Any, charset: str, subject: bytes
) -> None:
    """Also where the subject was cut within a character."""
    notification = in_charset(side, charset, subject)
    assert read(account, notification) == [NotifiedPayment(PAYMENT_NO, PAID)]


def test_a_byte_of_the_subject_is_signed_in_any_charset(side: AlipaySide, account: Any) -> None:
    sent = in_charset(side, "GBK", "物业费".encode("gbk"))
    forged = sent.body.replace(b"%CE%EF", b"%CE%EE")
    assert forged != sent.body
    with pytest.raises(Unverifiable, match="signature"):
        read(account, RawNotification({}, forged))


def test_a_word_is_true_from_what_happened_to_when_it_was_sent(
    side: AlipaySide, account: Any
) -> None:
    """A repeat is sent with a new time, and says what was so long before."""
    paid = side.notification(
        side.trade_fields(PAYMENT_NO, "TRADE_SUCCESS"), notify_time="2026-01-31 12:04:06"
    )
    [notified] = read(account, paid)
    assert times(notified) == (PAID_AT, SENT_AT + timedelta(minutes=4))
    assert [times(each) for each in read(account, side.refund_notification())] == [
        (RETURNED_AT, SENT_AT),
        (RETURNED_AT, SENT_AT),
    ]


def times(notified: Notified) -> tuple[datetime | None, datetime | None]:
    return notified.outcome.asked_at, notified.outcome.said_at


# ── refunds ──


@pytest.mark.parametrize("returned_at", [None, RETURNED_AT])
def test_a_refund_of_ours_is_a_word_about_both(
    side: AlipaySide, account: Any, returned_at: datetime | None
) -> None:
    """What went back was paid. How much went back altogether is said of the refund: it must hold
    that."""
    fields = {} if returned_at else {"gmt_refund": ""}
    assert read(account, side.refund_notification(**fields)) == [
        NotifiedPayment(PAYMENT_NO, PAID),
        NotifiedRefund(
            REFUND_NO,
            PAYMENT_NO,
            Succeeded(at=returned_at, given_back=GivenBack(Money(700, "CNY"))),
        ),
    ]


@pytest.mark.parametrize("amount", ["", "0.00", "-1.00", "much"])
@pytest.mark.parametrize("status", ["TRADE_SUCCESS", "TRADE_CLOSED"])
def test_a_refund_of_ours_that_is_named_without_an_amount_is_asked_about(
    side: AlipaySide, account: Any, amount: str, status: str
) -> None:
    """Nobody says that it went back; the channel may have decided that it does not."""
    notification = side.refund_notification(refund_fee=amount, trade_status=status)
    assert read(account, notification) == [
        NotifiedPayment(PAYMENT_NO, PAID),
        NotifiedRefund(REFUND_NO, PAYMENT_NO, Pending()),
    ]


def test_a_refund_in_full_closes_the_trade(side: AlipaySide, account: Any) -> None:
    for fields in ({}, {"gmt_payment": ""}):
        notification = side.refund_notification(
            trade_status="TRADE_CLOSED", refund_fee="12.99", **fields
        )
        payment, refund = read(account, notification)
        assert isinstance(payment.outcome, Succeeded)
        assert isinstance(refund.outcome, Succeeded)
        assert refund.outcome.given_back == GivenBack(Money(1299, "CNY"))


@pytest.mark.parametrize("number", ["made-in-the-merchant-centre", PAYMENT_NO, "2026013100001"])
def test_a_refund_made_elsewhere_is_a_word_about_the_payment(
    side: AlipaySide, account: Any, number: str
) -> None:
    """`money-moved-outside`: with its number, and the sum of all refunds of the trade."""
    notified = read(account, side.refund_notification(out_biz_no=number))
    assert notified == [NotifiedPayment(PAYMENT_NO, paid_and_back(700, number))]


def test_money_that_went_back_without_a_number_is_told_too(side: AlipaySide, account: Any) -> None:
    notified = read(account, side.refund_notification(out_biz_no=""))
    assert notified == [NotifiedPayment(PAYMENT_NO, paid_and_back(700))]


def test_a_refund_of_what_was_not_paid_is_not_understood(side: AlipaySide, account: Any) -> None:
    with pytest.raises(NotUnderstood):
        read(account, side.refund_notification(trade_status="WAIT_BUYER_PAY"))


# ── refunds that come back ──


def bounce(side: AlipaySide, status: str, **changed: str) -> RawNotification:
    content = {
        "trade_no": TRADE_NO,
        "out_trade_no": PAYMENT_NO,
        "out_request_no": REFUND_NO,
        "dback_status": status,
        "bank_ack_time": "2026-01-31 12:00:09",
    }
    fields = {
        "notify_id": "5608cccc09ddb39d41c2e3c06e3d9fejh2",
        "utc_timestamp": str(int(SENT_AT.timestamp() * 1000)),
        "msg_method": "alipay.trade.refund.depositback.completed",
        "app_id": APP_ID,
        "version": "1.1",
        "biz_content": json.dumps(content | changed),
        "sign_type": "RSA2",
        "charset": "utf-8",
    }
    signature = side.platform.sign(text_to_sign(fields, "sign"))
    return RawNotification({}, urlencode(fields | {"sign": signature}).encode())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            "F",
            Declined("DEPOSIT_BACK_FAILED", "the payer's bank sent it back", abnormal=True),
        ),
        ("S", Succeeded(at=RETURNED_AT)),
    ],
)
def test_a_bank_says_what_became_of_a_refund(
    side: AlipaySide, account: Any, status: str, expected: Understood
) -> None:
    [notified] = read(account, bounce(side, status))
    nobody = Receiver("", TRADE_NO)
    assert notified == NotifiedRefund(REFUND_NO, PAYMENT_NO, expected, nobody)
    assert times(notified) == (SENT_AT, SENT_AT)


def test_it_is_understood_in_the_form_of_notifications_about_trades(
    side: AlipaySide, account: Any
) -> None:
    fields = {
        "notify_type": "depositback",
        "notify_time": "2026-01-31 12:00:20",
        "app_id": APP_ID,
        "out_trade_no": PAYMENT_NO,
        "out_request_no": REFUND_NO,
        "dback_status": "F",
        "sign_type": "RSA2",
    }
    [notified] = read(account, side.notification(fields))
    bounced = Declined("DEPOSIT_BACK_FAILED", "the payer's bank sent it back", abnormal=True)
    assert notified == NotifiedRefund(REFUND_NO, PAYMENT_NO, bounced, Receiver("", ""))
    assert times(notified)[1] == datetime(2026, 1, 31, 4, 0, 20, tzinfo=UTC)


def test_another_bank_word_is_not_understood(side: AlipaySide, account: Any) -> None:
    for notification in (bounce(side, "P"), bounce(side, "F", out_request_no="console-1")):
        with pytest.raises(NotUnderstood):
            read(account, notification)


def test_a_refund_is_asked_for_with_the_banks_word(account: Any) -> None:
    body = PLUGIN.refund.call(refunding(), account).body
    assert body
    assert body["query_options"] == ["deposit_back_info"]


# ── whose money ──


def test_a_notification_for_another_seller_is_refused(side: AlipaySide) -> None:
    ours = opened(side, seller_id=SELLER_ID)
    fields = side.trade_fields(PAYMENT_NO, "TRADE_SUCCESS")
    assert read(ours, side.notification(fields))
    for seller in ("2088000000000009", ""):
        with pytest.raises(AnotherReceiver) as refused:
            read(ours, side.notification(fields, seller_id=seller))
        assert refused.value.name == seller


def test_an_account_that_does_not_know_its_seller_names_whom_it_was_told(side: AlipaySide) -> None:
    """Of the payment and of its refund alike."""
    notified = read(opened(side), side.refund_notification())
    assert [each.receiver for each in notified] == [Receiver(SELLER_ID, TRADE_NO)] * 2


def test_an_app_is_shared_where_an_account_of_it_acts_for_a_merchant(side: AlipaySide) -> None:
    """第三方应用: Alipay signs for the app, whichever of its merchants was paid."""
    is_shared = PLUGIN.notifications.is_shared
    own, other_app = opened(side), opened(side, app_id="2021000100000002", **AUTHORISED)
    authorised = opened(side, **AUTHORISED)
    assert not is_shared(own, [own, own, other_app])
    assert is_shared(own, [own, authorised])
    assert is_shared(authorised, [])


# ── a cancelled payment code ──


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"action": "refund"}, Succeeded(is_reversed=True)),
        ({"action": "close"}, Succeeded()),
        ({"trade_no": ""}, Succeeded(found=False)),
    ],
    ids=str,
)
def test_a_cancellation_says_what_it_did(
    side: AlipaySide, account: Any, node: dict[str, str], expected: Outcome
) -> None:
    content = {"trade_no": TRADE_NO, "out_trade_no": PAYMENT_NO, "retry_flag": "N"} | node
    reply = side.answer("alipay.trade.cancel", content)
    answered = outcome(side, account, PLUGIN.close, trade(Method.BARCODE), reply)
    assert answered == expected


@pytest.mark.parametrize("node", [{}, {"action": "unheard_of"}, {"retry_flag": "Y"}], ids=str)
def test_a_cancellation_that_says_nothing_is_asked_about(
    side: AlipaySide, account: Any, node: dict[str, str]
) -> None:
    content = {"trade_no": TRADE_NO, "out_trade_no": PAYMENT_NO, "retry_flag": "N"} | node
    reply = side.answer("alipay.trade.cancel", content)
    assert isinstance(outcome(side, account, PLUGIN.close, trade(Method.BARCODE), reply), Unknown)


def test_a_code_that_was_paid_and_cancelled_is_closed_and_given_back(
    side: AlipaySide, account: Any
) -> None:
    content = side.trade(PAYMENT_NO, "TRADE_CLOSED") | {"send_pay_date": "2026-01-31 12:00:05"}
    reply = side.answer("alipay.trade.query", content)
    answered = outcome(side, account, PLUGIN.query, trade(Method.BARCODE), reply)
    assert isinstance(answered, Declined)
    assert (answered.closed, answered.given_back) == (True, GivenBack(Money(1299, "CNY")))
