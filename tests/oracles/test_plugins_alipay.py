"""Our Alipay plugin beside `python-alipay-sdk`: the same signatures, words and names."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from alipay import AliPay, DCAliPay
from alipay.exceptions import AliPayValidationError
from tests.unit.gateway.channels.alipay_side import APP_ID, AlipaySide
from tests.unit.gateway.channels.certificate_chain import Chain
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    OTHER_PAYMENT_NO,
    PAYMENT_NO,
    operations_of,
    order,
    trade,
)

from contracts.api import Method
from gateway.channels.alipay.certificates import root_serial_name, serial_name
from gateway.channels.plugin import HandOver, Reply, Unverifiable
from gateway.channels.rsa import certificates

PLUGIN = AlipaySide.plugin


@pytest.fixture(scope="module")
def side() -> AlipaySide:
    return AlipaySide()


@pytest.fixture(scope="module")
def account(side: AlipaySide) -> Any:
    return PLUGIN.open_account(PLUGIN.credentials.model_validate(side.credentials()))


@pytest.fixture(scope="module")
def as_merchant(side: AlipaySide) -> AliPay:
    """The oracle in our place."""
    return AliPay(
        appid=APP_ID,
        app_private_key_string=side.app.pkcs1_pem,
        alipay_public_key_string=side.platform.public_pem,
        sign_type="RSA2",
    )


@pytest.fixture(scope="module")
def as_alipay(side: AlipaySide) -> AliPay:
    """The oracle's signing, with Alipay's key."""
    return AliPay(
        appid=APP_ID,
        app_private_key_string=side.platform.pkcs1_pem,
        alipay_public_key_string=side.app.public_pem,
        sign_type="RSA2",
    )


def test_every_request_is_signed_as_the_oracle_would(account: Any, as_merchant: AliPay) -> None:
    calls = [each.call(subject, account) for each, subject in operations_of(PLUGIN).values()]
    calls += [
        each.call(order(method), account)
        for method, each in PLUGIN.methods.items()
        if isinstance(each, HandOver)
    ]
    for call in calls:
        request = PLUGIN.wire.sign(call, account, MOMENT)
        ours = dict(parse_qsl(urlsplit(request.url).query) + parse_qsl(request.body.decode()))
        unsigned = {name: value for name, value in ours.items() if name != "sign"}
        assert dict(parse_qsl(as_merchant.sign_data(dict(unsigned)))) == ours


def test_our_order_string_is_verified_by_the_oracle(account: Any, as_alipay: AliPay) -> None:
    way: Any = PLUGIN.methods[Method.APP]
    request = PLUGIN.wire.sign(way.call(order(Method.APP), account), account, MOMENT)
    params = dict(parse_qsl(way.outcome(request).action.params["order_string"]))
    signature = params.pop("sign")
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    assert as_alipay._verify(text, signature)
    assert not as_alipay._verify(text.replace("12.99", "1.99"), signature)


def test_answers_are_read_as_the_oracle_reads_them(
    side: AlipaySide, account: Any, as_merchant: AliPay
) -> None:
    """Also with slashes escaped as PHP does, which the signature covers."""
    reply = side.prepared(Method.NATIVE, PAYMENT_NO)
    way: Any = PLUGIN.methods[Method.NATIVE]
    ours = PLUGIN.wire.verify(reply, way.call(order(), account), account, MOMENT).content
    theirs = as_merchant._verify_and_return_sync_response(
        reply.body.decode(), "alipay_trade_precreate_response"
    )
    assert r"\/" in reply.body.decode()
    assert ours == theirs


def test_what_the_oracle_takes_for_tampered_is_refused(
    side: AlipaySide, account: Any, as_merchant: AliPay
) -> None:
    reply = side.paid(PAYMENT_NO)
    body = reply.body.replace(PAYMENT_NO.encode(), OTHER_PAYMENT_NO.encode())
    with pytest.raises(AliPayValidationError):
        as_merchant._verify_and_return_sync_response(body.decode(), "alipay_trade_query_response")
    call = PLUGIN.query.call(trade(), account)
    with pytest.raises(Unverifiable):
        PLUGIN.wire.verify(Reply(200, {}, body), call, account, MOMENT)


def test_an_answer_signed_by_the_oracle_is_accepted(account: Any, as_alipay: AliPay) -> None:
    node = json.dumps({"code": "10000", "out_trade_no": PAYMENT_NO, "trade_status": "汉字"})
    body = f'{{"alipay_trade_query_response":{node},"sign":"{as_alipay._sign(node)}"}}'
    call = PLUGIN.query.call(trade(), account)
    answer = PLUGIN.wire.verify(Reply(200, {}, body.encode()), call, account, MOMENT)
    assert answer.content == json.loads(node)


def test_notifications_are_accepted_by_both(
    side: AlipaySide, account: Any, as_merchant: AliPay
) -> None:
    notification = side.paid_notification(PAYMENT_NO)
    fields = dict(parse_qsl(notification.body.decode()))
    signature = fields.pop("sign")
    assert as_merchant.verify(dict(fields), signature)
    assert PLUGIN.notifications.read(notification, account, MOMENT)
    assert not as_merchant.verify({**fields, "total_amount": "0.01"}, signature)


def test_a_notification_signed_by_the_oracle_is_accepted(
    side: AlipaySide, account: Any, as_alipay: AliPay
) -> None:
    """The oracle signs empty values too."""
    fields = {
        **side.trade_fields(PAYMENT_NO, "TRADE_SUCCESS"),
        "app_id": APP_ID,
        "notify_type": "trade_status_sync",
        "body": "",
    }
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    signed = {**fields, "sign": as_alipay._sign(text), "sign_type": "RSA2"}
    notification = type(side.paid_notification(PAYMENT_NO))({}, urlencode(signed).encode())
    assert PLUGIN.notifications.read(notification, account, MOMENT)


def test_certificates_have_the_names_the_oracle_gives_them() -> None:
    chain = Chain()
    bundle = chain.root_bundle_pem
    assert serial_name(certificates(chain.leaf_pem)[0]) == DCAliPay.get_cert_sn(chain.leaf_pem)
    assert root_serial_name(certificates(bundle)) == DCAliPay.get_root_cert_sn(bundle)
    assert "_" in root_serial_name(certificates(bundle))
