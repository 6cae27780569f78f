"""WeChat Pay's platform certificates: which are learned from a download, and which are not."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.unit.gateway.channels.certificate_chain import issue, pem
from tests.unit.gateway.channels.channel_side import MOMENT, NOW, PAYMENT_NO, Pair, trade
from tests.unit.gateway.channels.plugin_driver import opened
from tests.unit.gateway.channels.wechat_side import APIV3_KEY, KEY_ID, WechatSide

from gateway.channels.plugin import Moment, Reply, UnknownKey, Unverifiable
from gateway.channels.wechat.operations import certificates

PLUGIN = WechatSide.plugin


class Issuer:
    """WeChat Pay with certificates of its own, by their serial numbers."""

    def __init__(self, *serials: int) -> None:
        self.pairs = {serial: Pair() for serial in serials}
        self.side = WechatSide()

    def certificate(self, serial: int, born_days_ago: int = 1) -> x509.Certificate:
        key = self.pairs[serial].private
        return issue("Tenpay", key, "CA", key, serial=serial, born_days_ago=born_days_ago)

    def account(self, *serials: int) -> Any:
        """Ours, registered with these certificates only."""
        pems = "".join(pem(self.certificate(serial, 300)) for serial in serials)
        return opened(
            self.side,
            platform_public_key_id=None,
            platform_public_key_pem=None,
            platform_certificate_pem=pems,
        )

    def signing(self, serial: int) -> WechatSide:
        self.side.platform, self.side.serial = self.pairs[serial], f"{serial:040X}"
        return self.side

    def download(self, *serials: int, signed_by: int, key: str = APIV3_KEY, **named: str) -> Reply:
        items = [sealed(self.certificate(serial, 1 + n), key, **named)
                 for n, serial in enumerate(serials)]  # fmt: skip
        return self.signing(signed_by).answer({"data": items})


def sealed(
    certificate: x509.Certificate,
    key: str = APIV3_KEY,
    about: str = "certificate",
    serial: str = "",
) -> dict[str, Any]:
    ciphertext = AESGCM(key.encode()).encrypt(b"n" * 12, pem(certificate).encode(), about.encode())
    return {
        "serial_no": serial or f"{certificate.serial_number:X}",
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": "n" * 12,
            "associated_data": about,
            "ciphertext": base64.b64encode(ciphertext).decode(),
        },
    }


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer(0x0A, 0x0B, 0x0C)


def learn(reply: Reply, account: Any, moment: Moment = MOMENT) -> Any:
    call = certificates.call("", account) or certificates.call("0A", account)
    assert call is not None
    return certificates.learn(reply, call, account, moment)


def test_both_certificates_are_believed_while_they_rotate(issuer: Issuer) -> None:
    account = learn(issuer.download(0x0B, 0x0A, signed_by=0x0A), issuer.account(0x0A))
    call = PLUGIN.query.call(trade(), account)
    for serial in (0x0A, 0x0B):
        reply = issuer.signing(serial).paid(PAYMENT_NO)
        assert PLUGIN.wire.verify(reply, call, account, MOMENT).signed
        assert PLUGIN.notifications.read(
            issuer.signing(serial).paid_notification(PAYMENT_NO), account, MOMENT
        )
    newest = PLUGIN.wire.sign(call, account, MOMENT).headers["Wechatpay-Serial"]
    assert newest == f"{0x0B:040X}"


def test_the_certificates_in_use_are_asked_for_by_no_serial(issuer: Issuer) -> None:
    """Ours may have ended while nobody ran: then nothing else is learnt any more."""
    account = issuer.account(0x0A)
    download = certificates.call("", account)
    assert download is not None
    assert "Wechatpay-Serial" not in PLUGIN.wire.sign(download, account, MOMENT).headers
    learnt = learn(issuer.download(0x0C, 0x0B, signed_by=0x0C), account)
    assert set(learnt.platform_keys) == {"C", "B"}


def test_the_public_key_is_named_where_certificates_are_asked_for(issuer: Issuer) -> None:
    """WeChat Pay ends the move to the key when every call has named it for a week."""
    account = opened(issuer.side, platform_certificate_pem=pem(issuer.certificate(0x0A)))
    download = certificates.call("0B", account)
    assert download is not None
    assert PLUGIN.wire.sign(download, account, MOMENT).headers["Wechatpay-Serial"] == KEY_ID


def test_the_end_that_is_watched_is_that_of_the_certificate_that_ends_last(issuer: Issuer) -> None:
    keys = PLUGIN.keys
    assert keys is not None
    assert keys.ends(issuer.account(0x0A)) == {}
    account = learn(issuer.download(0x0B, 0x0A, signed_by=0x0A), issuer.account(0x0A))
    newest = issuer.certificate(0x0B, 1)
    assert keys.ends(account) == {f"platform certificate {0x0B:040X}": newest.not_valid_after_utc}


def test_what_is_out_of_use_is_not_believed_any_more(issuer: Issuer) -> None:
    account = learn(issuer.download(0x0C, 0x0B, signed_by=0x0B), issuer.account(0x0A))
    call = PLUGIN.query.call(trade(), account)
    with pytest.raises(UnknownKey):
        PLUGIN.wire.verify(issuer.signing(0x0A).paid(PAYMENT_NO), call, account, MOMENT)


def test_the_first_download_is_verified_with_the_certificate_it_brings(issuer: Issuer) -> None:
    account = learn(issuer.download(0x0B, signed_by=0x0B), issuer.account(0x0A))
    assert list(account.platform_keys) == ["B"]


@pytest.mark.parametrize(
    ("key", "named"),
    [("z" * 32, {}), (APIV3_KEY, {"about": "transaction"}), (APIV3_KEY, {"serial": "0C"})],
)
def test_what_wechat_pay_did_not_seal_for_this_merchant_is_refused(
    issuer: Issuer, key: str, named: dict[str, str]
) -> None:
    with pytest.raises(Unverifiable):
        learn(issuer.download(0x0B, signed_by=0x0A, key=key, **named), issuer.account(0x0A))


def test_a_download_signed_by_a_stranger_is_refused(issuer: Issuer) -> None:
    for signer in (0x0C, 0x0B):
        reply = issuer.download(0x0B, signed_by=signer)
        headers = {**reply.headers, "wechatpay-nonce": "other"}
        with pytest.raises(Unverifiable):
            learn(Reply(200, headers, reply.body), issuer.account(0x0A))
    with pytest.raises(Unverifiable):
        learn(issuer.download(0x0B, signed_by=0x0C), issuer.account(0x0A))


def test_a_download_of_yesterday_is_refused(issuer: Issuer) -> None:
    late = Moment(NOW + timedelta(days=1), "n")
    with pytest.raises(Unverifiable):
        learn(issuer.download(0x0A, signed_by=0x0A), issuer.account(0x0A), late)


def test_a_certificate_whose_time_is_over_is_left_out(issuer: Issuer) -> None:
    old = issue("T", issuer.pairs[0x0B].private, "CA", issuer.pairs[0x0B].private,
                serial=0x0B, born_days_ago=2000)  # fmt: skip
    fresh = issuer.certificate(0x0A)
    reply = issuer.signing(0x0A).answer({"data": [sealed(old), sealed(fresh)]})
    assert list(learn(reply, issuer.account(0x0A)).platform_keys) == ["A"]


def test_a_merchant_that_has_the_public_key_only_goes_on_with_it(issuer: Issuer) -> None:
    account = opened(WechatSide())
    reply = Reply(404, {}, json.dumps({"code": "RESOURCE_NOT_EXISTS", "message": "无"}).encode())
    assert learn(reply, account) is account


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data":[]}', b'{"data":[1]}', b"<html>"])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_no_download_teaches_nothing(issuer: Issuer, status: int, body: bytes) -> None:
    with pytest.raises(Unverifiable):
        learn(Reply(status, {}, body), issuer.account(0x0A))


def test_the_public_key_stays_the_one_that_is_asked_for(issuer: Issuer) -> None:
    mixed = opened(issuer.side, platform_public_key_id=KEY_ID)
    account = learn(issuer.download(0x0B, signed_by=0x0B), mixed)
    assert account.platform_serial == KEY_ID
    assert set(account.platform_keys) == {KEY_ID, "B"}


def test_a_public_key_cannot_be_downloaded(issuer: Issuer) -> None:
    by_key = opened(WechatSide())
    assert certificates.call("", by_key) is None
    assert certificates.call("PUB_KEY_ID_0119000001092099", by_key) is None
    assert certificates.call("5157F09E", by_key) is not None
    assert certificates.call("", issuer.account(0x0A)) is not None
