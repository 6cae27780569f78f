"""Credentials: what is wrong is said of the field that is wrong, and keys come in many forms."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import ValidationError
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.certificate_chain import Chain, issue, pem
from tests.unit.gateway.channels.channel_side import MOMENT, PAYMENT_NO, Pair, trade
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.wechat_side import WechatSide

from gateway.channels import rsa
from gateway.channels.plugin import CHECKED_BEFORE, UnknownKey
from gateway.channels.registry import PLUGINS

SIDES: dict[str, Any] = {"wechat": WechatSide(), "alipay": AlipaySide(), "easy": EasySide()}
OWN_KEY = {
    "wechat": "merchant_private_key_pem",
    "alipay": "app_private_key_pem",
    "easy": "org_private_key_pem",
}
THEIR_KEY = {
    "wechat": "platform_public_key_pem",
    "alipay": "alipay_public_key_pem",
    "easy": "easypay_public_key_pem",
}
FIELDS = {channel: PLUGINS[channel].credentials.model_fields for channel in SIDES}
SMALL = Pair(1024)
CURVE = ec.generate_private_key(ec.SECP256R1())
CURVE_PRIVATE = CURVE.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
).decode()
CURVE_PUBLIC = (
    CURVE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
)


def faults(channel: str, **changed: Any) -> dict[str, str]:
    """What is wrong with these credentials, by field."""
    given = {**SIDES[channel].credentials(), **changed}
    filled = {name: value for name, value in given.items() if value is not None}
    try:
        PLUGINS[channel].credentials.model_validate(filled)
    except ValidationError as error:
        return {".".join(map(str, each["loc"])): each["msg"] for each in error.errors()}
    return {}


@pytest.mark.parametrize("channel", SIDES)
def test_good_credentials_have_no_fault(channel: str) -> None:
    assert faults(channel) == {}


@pytest.mark.parametrize("channel", SIDES)
def test_a_field_that_is_not_known_is_a_fault(channel: str) -> None:
    assert list(faults(channel, colour="red")) == ["colour"]


@pytest.mark.parametrize("channel", SIDES)
def test_what_is_needed_and_absent_is_named(channel: str) -> None:
    for name, field in PLUGINS[channel].credentials.model_fields.items():
        if field.is_required():
            assert list(faults(channel, **{name: None})) == [name]


@pytest.mark.parametrize("channel", SIDES)
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("no key", "is not a private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "is not a private key"),
        (SIDES["wechat"].platform.public_pem, "is not a private key"),
        (CURVE_PRIVATE, "is not a private key"),
        (SMALL.private_pem, "1024 bits"),
    ],
)
def test_a_bad_private_key_is_named(channel: str, bad: str, words: str) -> None:
    outcome = faults(channel, **{OWN_KEY[channel]: bad})
    assert list(outcome) == [OWN_KEY[channel]]
    assert words in outcome[OWN_KEY[channel]]


@pytest.mark.parametrize("channel", SIDES)
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("no key", "is not a public key"),
        (SIDES["wechat"].merchant.private_pem, "is not a public key"),
        (CURVE_PUBLIC, "is not an RSA key"),
        (SMALL.public_pem, "1024 bits"),
    ],
)
def test_a_bad_public_key_is_named(channel: str, bad: str, words: str) -> None:
    outcome = faults(channel, **{THEIR_KEY[channel]: bad})
    assert list(outcome) == [THEIR_KEY[channel]]
    assert words in outcome[THEIR_KEY[channel]]


@pytest.mark.parametrize("channel", SIDES)
def test_ones_own_public_key_is_not_the_channels(channel: str) -> None:
    """The mistake that is made most often."""
    own = rsa.private_key(SIDES[channel].credentials()[OWN_KEY[channel]]).public_key()
    text = own.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    outcome = faults(channel, **{THEIR_KEY[channel]: text})
    assert list(outcome) == [THEIR_KEY[channel]]
    assert "own key" in outcome[THEIR_KEY[channel]]


@pytest.mark.parametrize("channel", SIDES)
def test_keys_may_be_pasted_in_any_form(channel: str) -> None:
    own = SIDES[channel].credentials()[OWN_KEY[channel]]
    private = rsa.private_key(own)
    der = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = SIDES[channel].credentials()[THEIR_KEY[channel]]
    bare = "".join(line for line in public.splitlines() if "-----" not in line)
    for text in (base64.b64encode(der).decode(), f"\r\n{own}".replace("\n", "\r\n"), f"  {own}  "):
        assert faults(channel, **{OWN_KEY[channel]: text, THEIR_KEY[channel]: bare}) == {}


@pytest.mark.parametrize("channel", SIDES)
def test_credentials_that_were_checked_before_they_were_sealed_are_still_parsed(
    channel: str,
) -> None:
    model, given = PLUGINS[channel].credentials, SIDES[channel].credentials()
    again = model.model_validate(given, context=CHECKED_BEFORE)
    assert again == model.model_validate(given)
    with pytest.raises(ValidationError, match="is not a private key"):
        model.model_validate(given | {OWN_KEY[channel]: "no key"}, context=CHECKED_BEFORE)


@pytest.mark.parametrize("channel", SIDES)
def test_a_schema_can_be_made_into_a_form(channel: str) -> None:
    schema = PLUGINS[channel].credentials.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"][OWN_KEY[channel]]["format"] == "password"


@pytest.mark.parametrize(
    ("channel", "field", "bad"),
    [
        ("wechat", "base_url", "ftp://x"),
        ("wechat", "mchid", "19000001O9"),
        ("wechat", "appid", "2021"),
        ("wechat", "apiv3_key", "short"),
        ("wechat", "apiv3_key", "微" * 32),
        ("wechat", "merchant_serial_no", "not hex"),
        ("wechat", "platform_public_key_id", "1234"),
        ("wechat", "platform_public_key_id", None),
        ("wechat", "platform_public_key_pem", None),
        ("wechat", "platform_certificate_pem", "no certificate"),
        ("alipay", "gateway_url", "gateway.do"),
        ("alipay", "app_id", "wx1"),
        ("alipay", "seller_id", "1"),
        ("alipay", "alipay_public_key_pem", None),
        ("alipay", "native_product_code", "QR"),
        ("alipay", "jsapi_product_code", "QR_CODE_OFFLINE"),
        ("alipay", "quit_url", f"https://pay.example/{'q' * 381}"),
        ("easy", "base_url", None),
        ("easy", "base_url", "x"),
        ("easy", "org_id", "ORG"),
        ("easy", "term_no", "1\n"),
        ("easy", "sign_scope", "all"),
    ],
)
def test_what_cannot_be_is_named(channel: str, field: str, bad: str | None) -> None:
    assert list(faults(channel, **{field: bad})) == [field]


def test_alipays_certificates_must_belong_together() -> None:
    side: AlipaySide = SIDES["alipay"]
    authority, other = Pair(), Chain()
    app = issue("app", side.app.private, "Root", authority.private)
    stranger = issue("app", Pair().private, "Root", authority.private)
    chain = Chain()
    good = {
        "alipay_public_key_pem": None,
        "app_cert_pem": pem(app),
        "alipay_cert_pem": chain.chain_pem,
        "alipay_root_cert_pem": chain.root_bundle_pem,
    }
    assert faults("alipay", **good) == {}
    for changed, field, words in (
        ({"app_cert_pem": pem(stranger)}, "app_cert_pem", "does not certify"),
        ({"alipay_cert_pem": other.chain_pem}, "alipay_cert_pem", "was not issued by"),
        ({"alipay_cert_pem": chain.leaf_pem}, "alipay_cert_pem", "was not issued by"),
        ({"alipay_cert_pem": None}, "alipay_cert_pem", "goes together"),
        ({"alipay_root_cert_pem": None}, "alipay_root_cert_pem", "goes together"),
        (
            {"alipay_public_key_pem": side.platform.public_pem},
            "alipay_public_key_pem",
            "cannot be used together",
        ),
    ):
        outcome = faults("alipay", **(good | changed))
        assert list(outcome) == [field], outcome
        assert words in outcome[field]


def test_certificate_mode_names_its_certificates_and_knows_alipays() -> None:
    side = AlipaySide()
    chain = Chain(side.platform)
    app = issue("app", side.app.private, "Root", Pair().private)
    given = side.credentials() | {
        "app_cert_pem": pem(app),
        "alipay_cert_pem": chain.chain_pem,
        "alipay_root_cert_pem": chain.root_bundle_pem,
    }
    given.pop("alipay_public_key_pem")
    plugin = side.plugin
    account = plugin.open_account(plugin.credentials.model_validate(given))
    call = plugin.query.call(trade(), account)
    params = side.asked(plugin.wire.sign(call, account, MOMENT)).content[""]
    assert params["app_cert_sn"] == account.app_cert_sn
    assert params["alipay_root_cert_sn"] == account.alipay_root_cert_sn
    side.certificate_sn = account.alipay_cert_sn or ""
    assert plugin.wire.verify(side.paid(PAYMENT_NO), call, account, MOMENT).signed
    side.certificate_sn = "0" * 32
    with pytest.raises(UnknownKey):
        plugin.wire.verify(side.paid(PAYMENT_NO), call, account, MOMENT)


def test_easys_refunds_go_to_their_own_host() -> None:
    model: Any = PLUGINS["easy"].credentials
    given = SIDES["easy"].credentials()
    hosts = {
        "https://mtest.eycard.cn": "https://t-wapi.bhecard.com:6111",
        "https://platform.eycard.cn/": "https://platform.eycard.cn:6111",
        "https://easy.example": "https://easy.example",
    }
    for base_url, refund_base_url in hosts.items():
        read = model.model_validate(given | {"base_url": base_url})
        assert read.refund_base_url == refund_base_url


def test_an_app_that_acts_for_several_merchants_needs_to_know_whom_it_is_paid_for() -> None:
    """Those that were sealed before it was asked for are still opened."""
    assert list(faults("alipay", app_auth_token="token")) == ["seller_id"]
    assert faults("alipay", app_auth_token="token", seller_id="2088000000000001") == {}
    given = {**SIDES["alipay"].credentials(), "app_auth_token": "token"}
    PLUGINS["alipay"].credentials.model_validate(given, context=CHECKED_BEFORE)


def test_a_quit_url_that_was_longer_is_still_opened() -> None:
    long = f"https://pay.example/{'q' * 381}"
    assert faults("alipay", quit_url=long[:-1]) == {}
    given = {**SIDES["alipay"].credentials(), "quit_url": long}
    opened = PLUGINS["alipay"].credentials.model_validate(given, context=CHECKED_BEFORE)
    assert getattr(opened, "quit_url") == long  # noqa: B009


@pytest.mark.parametrize("channel", SIDES)
def test_addresses_that_were_taken_once_are_still_opened(channel: str) -> None:
    odd = "https://pay.example/\u200b"
    name = next(name for name in ("quit_url", "base_url") if name in FIELDS[channel])
    assert list(faults(channel, **{name: odd})) == [name]
    given = {**SIDES[channel].credentials(), name: odd}
    opened = PLUGINS[channel].credentials.model_validate(given, context=CHECKED_BEFORE)
    assert getattr(opened, name) == odd
