"""Our WeChat Pay plugin beside `wechatpayv3`: the same signatures, the same notifications."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    operations_of,
    order,
    trade,
)
from tests.unit.gateway.channels.wechat_side import (
    APIV3_KEY,
    APPID,
    KEY_ID,
    MCHID,
    SERIAL,
    WechatSide,
)
from wechatpayv3 import WeChatPay, WeChatPayType, utils

from contracts.api import Method
from gateway.channels.plugin import Moment, NotifiedPayment, Reply, Unverifiable

PLUGIN = WechatSide.plugin


@pytest.fixture(scope="module")
def side() -> WechatSide:
    return WechatSide()


@pytest.fixture(scope="module")
def account(side: WechatSide) -> Any:
    return PLUGIN.open_account(PLUGIN.credentials.model_validate(side.credentials()))


@pytest.fixture(scope="module")
def oracle(side: WechatSide) -> WeChatPay:
    return WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=MCHID,
        private_key=side.merchant.private_pem,
        cert_serial_no=SERIAL,
        apiv3_key=APIV3_KEY,
        appid=APPID,
        notify_url="https://pay.example/webhooks/wechat/C01",
        public_key=side.platform.public_pem,
        public_key_id=KEY_ID,
    )


@pytest.fixture
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle signs with its own clock."""
    monkeypatch.setattr(utils.time, "time", NOW.timestamp)


@pytest.mark.usefixtures("_stopped_clock")
def test_every_request_is_authorized_as_the_oracle_would(side: WechatSide, account: Any) -> None:
    for operation, subject in operations_of(PLUGIN).values():
        call = operation.call(subject, account)
        request = PLUGIN.wire.sign(call, account, MOMENT)
        theirs = utils.build_authorization(
            request.url.removeprefix("https://wechat.example"),
            request.verb,
            MCHID,
            SERIAL,
            side.merchant.private,
            request.body.decode(),
            MOMENT.nonce,
        )
        assert request.headers["Authorization"] == theirs


def test_what_the_wallet_is_given_is_signed_as_the_oracle_would(
    side: WechatSide, account: Any, oracle: WeChatPay
) -> None:
    reply = side.prepared(Method.JSAPI, PAYMENT_NO)

    def given_to_the_wallet(method: Method) -> dict[str, str]:
        way: Any = PLUGIN.methods[method]
        answer = PLUGIN.wire.verify(reply, way.call(order(), account), account, MOMENT)
        params: dict[str, str] = way.outcome(answer, order(), account).action.params
        return params

    bridge, sdk = given_to_the_wallet(Method.JSAPI), given_to_the_wallet(Method.APP)
    assert bridge["paySign"] == oracle.sign(
        [APPID, bridge["timeStamp"], bridge["nonceStr"], bridge["package"]]
    )
    assert sdk["sign"] == oracle.sign([APPID, sdk["timestamp"], sdk["noncestr"], sdk["prepayid"]])


def test_an_answer_signed_by_the_oracle_is_accepted(side: WechatSide, account: Any) -> None:
    body = json.dumps(side.transaction(PAYMENT_NO, "SUCCESS"), ensure_ascii=False).encode()
    stamp, nonce = str(int(NOW.timestamp())), "oracle"
    signature = utils.rsa_sign(side.platform.private, f"{stamp}\n{nonce}\n{body.decode()}\n")
    headers = {
        "wechatpay-timestamp": stamp,
        "wechatpay-nonce": nonce,
        "wechatpay-serial": KEY_ID,
        "wechatpay-signature": signature,
    }
    call = PLUGIN.query.call(trade(), account)
    assert PLUGIN.wire.verify(Reply(200, headers, body), call, account, MOMENT).signed
    changed = body.replace(b"1299", b"1298")
    with pytest.raises(Unverifiable):
        PLUGIN.wire.verify(Reply(200, headers, changed), call, account, MOMENT)


def test_a_notification_is_opened_as_the_oracle_opens_it(
    side: WechatSide, account: Any, oracle: WeChatPay
) -> None:
    moment = Moment(datetime.now(UTC), "n")
    notification = side.paid_notification(PAYMENT_NO)
    age_s = int(NOW.timestamp()) - int(moment.now.timestamp())
    notification = replace(notification, headers=side.signed(notification.body, age_s=age_s))
    theirs = oracle.callback(notification.headers, notification.body.decode())
    [ours] = PLUGIN.notifications.read(notification, account, moment)
    assert theirs["resource"]["out_trade_no"] == PAYMENT_NO
    assert isinstance(ours, NotifiedPayment)
    assert ours.payment_no == PAYMENT_NO


def test_what_the_oracle_takes_for_tampered_is_refused(
    side: WechatSide, account: Any, oracle: WeChatPay
) -> None:
    notification = side.paid_notification(PAYMENT_NO)
    changed = replace(notification, body=notification.body.replace(b"EV-2026", b"EV-2027"))
    assert oracle.callback(changed.headers, changed.body.decode()) is None
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(changed, account, MOMENT)
