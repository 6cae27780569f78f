"""WeChat Pay: what is believed: signatures, certificates, notifications."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.gateway.channels.certificate_chain import issue, pem
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    Pair,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import opened, outcome
from tests.unit.gateway.channels.wechat_side import (
    KEY_ID,
    MCHID,
    REFUND_ID,
    TRANSACTION_ID,
    WechatSide,
)

from contracts.money import Money
from gateway.channels.plugin import (
    Declined,
    GivenBack,
    Moment,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    Outcome,
    RawNotification,
    Succeeded,
    Unknown,
    Unverifiable,
)

PLUGIN = WechatSide.plugin


@pytest.fixture(scope="module")
def side() -> WechatSide:
    return WechatSide()


@pytest.fixture(scope="module")
def account(side: WechatSide) -> Any:
    return opened(side)


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
    notification = side.notification("TRANSACTION.SUCCESS", content, age_s=age_s)
    if is_fresh:
        assert PLUGIN.notifications.read(notification, account, MOMENT)
        return
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, account, MOMENT)


def test_a_refusal_is_never_a_yes_whatever_it_says(side: WechatSide, account: Any) -> None:
    """What is not 2xx is not verified, so its content is not read either."""
    reply = replace(side.paid(PAYMENT_NO), status=404)
    assert isinstance(outcome(side, account, PLUGIN.query, trade(), reply), Unknown)


# ── notifications ──


@pytest.mark.parametrize(
    ("state", "kind"), [("SUCCESS", Succeeded), ("CLOSED", Declined), ("ABNORMAL", Declined)]
)
def test_a_notification_of_refund_is_read(
    side: WechatSide, account: Any, state: str, kind: type[Outcome]
) -> None:
    notification = side.refund_notification(REFUND_NO, PAYMENT_NO, state)
    [answered] = PLUGIN.notifications.read(notification, account, MOMENT)
    assert isinstance(answered, NotifiedRefund)
    assert (answered.refund_no, answered.payment_no) == (REFUND_NO, PAYMENT_NO)
    assert isinstance(answered.outcome, kind)
    if isinstance(answered.outcome, Succeeded):
        assert answered.outcome.amount == Money(500, "CNY")
        assert answered.outcome.channel_no == REFUND_ID
    if isinstance(answered.outcome, Declined):
        assert answered.outcome.abnormal == (state == "ABNORMAL")


def test_a_receivers_share_is_nothing_to_do(side: WechatSide, account: Any) -> None:
    """Told under two names of events; it is asked for by query."""
    fields = {"mchid": MCHID, "order_id": "3", "receiver": {"account": "1900000100", "amount": 3}}
    for event in ("PROFITSHARING.SUCCESS", "TRANSACTION.SUCCESS"):
        assert PLUGIN.notifications.read(side.notification(event, fields), account, MOMENT) == []


def test_what_is_not_understood_is_not_acknowledged(side: WechatSide, account: Any) -> None:
    combined = {"mchid": MCHID, "combine_out_trade_no": "C1", "sub_orders": []}
    for event, fields in (("COUPON.USE", {"mchid": MCHID}), ("TRANSACTION.SUCCESS", combined)):
        with pytest.raises(NotUnderstood):
            PLUGIN.notifications.read(side.notification(event, fields), account, MOMENT)


@pytest.mark.parametrize(
    ("state", "amount", "expected"),
    [
        ("SUCCESS", 300, GivenBack(None, REFUND_ID, Money(300, "CNY"))),
        ("SUCCESS", 1299, GivenBack(Money(1299, "CNY"), REFUND_ID, Money(1299, "CNY"))),
        ("CLOSED", 300, None),
    ],
)
def test_a_refund_made_elsewhere_is_a_word_about_the_payment(
    side: WechatSide, account: Any, state: str, amount: int, expected: GivenBack | None
) -> None:
    """`money-moved-outside`: in WeChat Pay's console, under a number that is not ours."""
    fields = {
        "mchid": MCHID,
        "out_trade_no": PAYMENT_NO,
        "transaction_id": TRANSACTION_ID,
        "out_refund_no": "console-1",
        "refund_id": REFUND_ID,
        "refund_status": state,
        "amount": {"total": 1299, "refund": amount, "payer_total": 1299, "payer_refund": amount},
    }
    notified = PLUGIN.notifications.read(
        side.notification(f"REFUND.{state}", fields), account, MOMENT
    )
    paid = Succeeded(TRANSACTION_ID, Money(1299, "CNY"), given_back=expected)
    assert notified == ([NotifiedPayment(PAYMENT_NO, paid)] if expected else [])


def test_a_notification_sealed_with_another_key_is_refused(side: WechatSide, account: Any) -> None:
    content = side.transaction(PAYMENT_NO, "SUCCESS")
    notification = side.notification("TRANSACTION.SUCCESS", content, key="z" * 32)
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(notification, account, MOMENT)


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
def test_a_notification_sealed_otherwise_is_refused(
    side: WechatSide, account: Any, changed: dict[str, str]
) -> None:
    """Even if the envelope is signed."""
    envelope = json.loads(side.paid_notification(PAYMENT_NO).body)
    envelope["resource"] |= changed
    body = json.dumps(envelope).encode()
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(RawNotification(side.signed(body), body), account, MOMENT)


def test_a_notification_without_a_merchant_is_refused(side: WechatSide, account: Any) -> None:
    content = side.transaction(PAYMENT_NO, "SUCCESS")
    content.pop("mchid")
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(
            side.notification("TRANSACTION.SUCCESS", content), account, MOMENT
        )


def test_notifications_are_answered_as_wechat_pay_wants() -> None:
    assert (PLUGIN.notifications.accept.status, PLUGIN.notifications.accept.body) == (204, b"")
    assert json.loads(PLUGIN.notifications.refuse.body)["code"] == "FAIL"


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
