"""Alipay: what is believed: signatures and notifications."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from tests.unit.gateway.channels.alipay_side import (
    SELLER_ID,
    TRADE_NO,
    AlipaySide,
    text_to_sign,
)
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import opened, outcome

from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    NotifiedPayment,
    NotUnderstood,
    Pending,
    RawNotification,
    Receiver,
    Reply,
    Succeeded,
    Unverifiable,
)

PLUGIN = AlipaySide.plugin
PAID_AT = NOW + timedelta(seconds=5)
RETURNED_AT = NOW + timedelta(seconds=9)


@pytest.fixture(scope="module")
def side() -> AlipaySide:
    return AlipaySide()


@pytest.fixture(scope="module")
def account(side: AlipaySide) -> Any:
    return opened(side)


# ── what is believed ──


def test_an_answer_to_another_method_is_no_answer(side: AlipaySide, account: Any) -> None:
    reply = side.answer("alipay.trade.precreate", side.trade(PAYMENT_NO, "TRADE_SUCCESS"))
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query, trade(), reply)


@pytest.mark.parametrize("space", ["", " ", "\n\t "])
def test_the_signed_text_is_cut_out_as_it_stands(
    side: AlipaySide, account: Any, space: str
) -> None:
    """Braces, quotes and escapes in texts do not end it; white space around does not count."""
    content = side.trade(PAYMENT_NO, "WAIT_BUYER_PAY") | {"code": "10000", "body": '}"{\\" {'}
    node = json.dumps(content, indent=1).replace("/", r"\/")
    sign = side.platform.sign(node.encode())
    name = "alipay_trade_query_response"
    body = f'{space}{{{space}"{name}"{space}:{space}{node}{space},{space}"sign":"{sign}"{space}}}'
    answered = outcome(
        side, account, PLUGIN.query, trade(), Reply(200, {}, f"{body}{space}".encode())
    )
    assert answered == Pending(channel_no=TRADE_NO)


def test_two_nodes_of_one_name_are_refused(side: AlipaySide, account: Any) -> None:
    """One could be what is verified and the other what is read."""
    honest = side.unpaid(PAYMENT_NO).body.decode()
    forged = json.dumps({"code": "10000"} | side.trade(PAYMENT_NO, "TRADE_SUCCESS"))
    name = '"alipay_trade_query_response":'
    for body in (
        honest.replace("{", f"{{{name}{forged},", 1),
        f"{honest[:-1]},{name}{forged}}}",
    ):
        with pytest.raises(Unverifiable):
            outcome(side, account, PLUGIN.query, trade(), Reply(200, {}, body.encode()))


@pytest.mark.parametrize("forgery", ['"sign":"",', '"sign":null,', '"sign":5,', ""])
def test_a_yes_must_be_signed(side: AlipaySide, account: Any, forgery: str) -> None:
    node = json.dumps({"code": "10000"} | side.trade(PAYMENT_NO, "TRADE_SUCCESS"))
    body = f'{{{forgery}"alipay_trade_query_response":{node}}}'
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query, trade(), Reply(200, {}, body.encode()))


# ── notifications ──


def form(notification: RawNotification) -> dict[str, str]:
    return dict(parse_qsl(notification.body.decode()))


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("WAIT_BUYER_PAY", Pending(channel_no=TRADE_NO)),
        ("TRADE_SUCCESS", Succeeded(TRADE_NO, Money(1299, "CNY"), PAID_AT)),
        ("TRADE_FINISHED", Succeeded(TRADE_NO, Money(1299, "CNY"), PAID_AT)),
        ("TRADE_CLOSED", Declined("TRADE_CLOSED", "the trade was closed unpaid", closed=True)),
    ],
)
def test_each_state_of_a_notification_has_its_meaning(
    side: AlipaySide, account: Any, state: str, meaning: Any
) -> None:
    notification = side.notification(side.trade_fields(PAYMENT_NO, state))
    read = PLUGIN.notifications.read(notification, account, MOMENT)
    whose = Receiver(SELLER_ID, TRADE_NO)
    assert read == [NotifiedPayment(PAYMENT_NO, meaning, receiver=whose)]


def test_each_field_of_a_notification_is_signed(side: AlipaySide, account: Any) -> None:
    fields = form(side.paid_notification(PAYMENT_NO))
    for name in fields:
        changed = urlencode(fields | {name: fields[name] + "1"}).encode()
        without = urlencode({key: each for key, each in fields.items() if key != name}).encode()
        for body in (changed, without):
            with pytest.raises(Unverifiable):
                PLUGIN.notifications.read(RawNotification({}, body), account, MOMENT)
    added = urlencode(fields | {"refund_fee": "1.00"}).encode()
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(RawNotification({}, added), account, MOMENT)


def test_a_field_that_stands_twice_is_refused(side: AlipaySide, account: Any) -> None:
    body = side.paid_notification(PAYMENT_NO).body + b"&total_amount=12.99"
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(RawNotification({}, body), account, MOMENT)


def test_the_old_signature_is_refused(side: AlipaySide, account: Any) -> None:
    notification = side.notification(
        side.trade_fields(PAYMENT_NO, "TRADE_SUCCESS"), sign_type="RSA"
    )
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, account, MOMENT)


def test_empty_values_may_be_signed_or_not(side: AlipaySide, account: Any) -> None:
    fields = form(side.paid_notification(PAYMENT_NO)) | {"body": ""}
    fields.pop("sign")
    kept = sorted((name, value) for name, value in fields.items() if name != "sign_type")
    with_empty = "&".join(f"{name}={value}" for name, value in kept).encode()
    for text in (with_empty, text_to_sign(fields, "sign_type")):
        body = urlencode(fields | {"sign": side.platform.sign(text)}).encode()
        assert PLUGIN.notifications.read(RawNotification({}, body), account, MOMENT)


def test_a_notification_for_another_seller_is_refused(side: AlipaySide) -> None:
    ours, theirs = opened(side, seller_id=SELLER_ID), opened(side, seller_id="2088000000000002")
    notification = side.paid_notification(PAYMENT_NO)
    assert PLUGIN.notifications.read(notification, ours, MOMENT)
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, theirs, MOMENT)


@pytest.mark.parametrize("kind", ["servicewindow_notify", ""])
def test_another_kind_of_notification_is_not_acknowledged(
    side: AlipaySide, account: Any, kind: str
) -> None:
    notification = side.notification({"out_trade_no": PAYMENT_NO}, notify_type=kind)
    with pytest.raises(NotUnderstood):
        PLUGIN.notifications.read(notification, account, MOMENT)


def test_a_notification_is_repeated_for_a_day_and_still_believed(
    side: AlipaySide, account: Any
) -> None:
    later = replace(MOMENT, now=NOW + timedelta(hours=25))
    assert PLUGIN.notifications.read(side.paid_notification(PAYMENT_NO), account, later)


def test_notifications_are_answered_as_alipay_wants() -> None:
    accept = PLUGIN.notifications.accept
    assert (accept.status, accept.body, accept.media_type) == (200, b"success", "text/plain")
    assert PLUGIN.notifications.refuse.body != b"success"


def test_a_request_keeps_what_is_public_in_the_address(side: AlipaySide, account: Any) -> None:
    request = PLUGIN.wire.sign(PLUGIN.query.call(trade(), account), account, MOMENT)
    names = [name for name, _ in parse_qsl(urlsplit(request.url).query)]
    assert "charset" in names
    assert [name for name, _ in parse_qsl(request.body.decode())] == ["biz_content"]
    assert request.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
