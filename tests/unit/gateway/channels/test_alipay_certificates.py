"""Alipay's certificates: one that an answer names is downloaded, and believed by its root."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.certificate_chain import Chain, issue, pem
from tests.unit.gateway.channels.channel_side import MOMENT, NOW, PAYMENT_NO, Pair, trade
from tests.unit.gateway.channels.plugin_driver import opened

from gateway.channels.alipay.certificates import serial_name
from gateway.channels.alipay.operations import certificates
from gateway.channels.plugin import Moment, Reply, UnknownKey, Unverifiable
from gateway.channels.rsa import certificates as read_certificates

PLUGIN = AlipaySide.plugin


class Rotated:
    """Alipay with a certificate that the account, registered with an older one, does not know."""

    def __init__(self) -> None:
        self.side = AlipaySide()
        self.chain = Chain(self.side.platform)
        app = issue("app", self.side.app.private, "Root", Pair().private)
        whole = opened(
            self.side,
            alipay_public_key_pem=None,
            app_cert_pem=pem(app),
            alipay_cert_pem=self.chain.chain_pem,
            alipay_root_cert_pem=self.chain.root_bundle_pem,
        )
        self.serial = serial_name(read_certificates(self.chain.leaf_pem)[0])
        older = {"0" * 32: Pair().private.public_key()}
        self.account = replace(whole, alipay_keys=older, alipay_cert_sn="0" * 32)
        self.side.certificate_sn = self.serial

    def download(self, chain_pem: str) -> Reply:
        content = base64.b64encode(chain_pem.encode()).decode()
        return self.side.answer(certificates.METHOD, {"alipay_cert_content": content})

    def learn(self, reply: Reply, moment: Moment = MOMENT, serial: str = "") -> Any:
        call = certificates.call(serial or self.serial, self.account)
        assert call is not None
        return certificates.learn(reply, call, self.account, moment)


@pytest.fixture(scope="module")
def alipay() -> Rotated:
    return Rotated()


def test_answers_and_notifications_are_believed_under_the_new_certificate(alipay: Rotated) -> None:
    call, paid = PLUGIN.query.call(trade(), alipay.account), alipay.side.paid(PAYMENT_NO)
    with pytest.raises(UnknownKey) as unknown:
        PLUGIN.wire.verify(paid, call, alipay.account, MOMENT)
    assert unknown.value.name == alipay.serial
    with pytest.raises(Unverifiable):
        PLUGIN.notifications.read(alipay.side.paid_notification(PAYMENT_NO), alipay.account, MOMENT)
    taught = alipay.learn(alipay.download(alipay.chain.chain_pem))
    assert PLUGIN.wire.verify(paid, call, taught, MOMENT).signed
    assert PLUGIN.notifications.read(alipay.side.paid_notification(PAYMENT_NO), taught, MOMENT)
    assert "0" * 32 in taught.alipay_keys


def test_a_certificate_of_another_root_is_refused(alipay: Rotated) -> None:
    with pytest.raises(Unverifiable, match="root"):
        alipay.learn(alipay.download(Chain(alipay.side.platform).chain_pem))


def test_another_certificate_than_was_asked_for_is_refused(alipay: Rotated) -> None:
    with pytest.raises(Unverifiable, match="asked for"):
        alipay.learn(alipay.download(alipay.chain.chain_pem), serial="1" * 32)


def test_a_certificate_whose_time_is_over_is_refused(alipay: Rotated) -> None:
    later = Moment(NOW + timedelta(days=2000), "n")
    with pytest.raises(Unverifiable, match="valid"):
        alipay.learn(alipay.download(alipay.chain.chain_pem), later)


def test_a_download_that_nobody_known_signed_is_refused(alipay: Rotated) -> None:
    honest = alipay.download(alipay.chain.chain_pem)
    stranger = AlipaySide()
    stranger.certificate_sn = alipay.serial
    content = base64.b64encode(alipay.chain.chain_pem.encode()).decode()
    forged = stranger.answer(certificates.METHOD, {"alipay_cert_content": content})
    assert alipay.learn(honest)
    with pytest.raises(Unverifiable):
        alipay.learn(forged)


@pytest.mark.parametrize("content", ["", "!", "AAAA", base64.b64encode(b"no PEM").decode()])
def test_no_certificate_teaches_nothing(alipay: Rotated, content: str) -> None:
    reply = alipay.side.answer(certificates.METHOD, {"alipay_cert_content": content})
    with pytest.raises((Unverifiable, ValueError)):
        alipay.learn(reply)


def test_only_a_named_certificate_can_be_downloaded(alipay: Rotated) -> None:
    by_key = opened(AlipaySide())
    assert certificates.call(alipay.serial, by_key) is None
    assert certificates.call("", alipay.account) is None
    assert certificates.call("../" * 10 + "ab", alipay.account) is None
