"""Which keys may be whitelisted."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from tests.odd_keys import SM2_CERTIFICATE, SM2_PUBLIC_KEY, of_version_six

from contracts.events.configuration import KeyAlgorithm
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.keys import checked_pem, find_validity, new_secret

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RSA = KeyAlgorithm.RSA_SHA256
MADE = datetime(2026, 12, 1, tzinfo=UTC)
"""When the SM2 certificate is valid."""
KEY = generate_private_key(65537, 2048)


def public_pem(key: RSAPrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return raw.decode()


def certificate(until: datetime, since: datetime = NOW - timedelta(days=9)) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(until)
        .sign(KEY, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM).decode()


def pointer_of(public_key: str | None, cert: str | None, alg: KeyAlgorithm = RSA) -> str:
    with pytest.raises(Unusable) as refused:
        checked_pem(alg, public_key=public_key, certificate=cert, now=NOW)
    return refused.value.errors[0].pointer


def test_a_public_key_or_a_certificate_is_taken_as_it_is() -> None:
    pem, cert = public_pem(KEY), certificate(NOW + timedelta(days=1))
    assert checked_pem(RSA, public_key=pem, certificate=None, now=NOW) == pem
    assert checked_pem(RSA, public_key=None, certificate=cert, now=NOW) == cert


def test_an_hmac_key_is_never_given_from_outside() -> None:
    hmac = KeyAlgorithm.HMAC_SHA256
    assert checked_pem(hmac, public_key=None, certificate=None, now=NOW) is None
    assert pointer_of("x", None, hmac) == "/public_key"
    assert pointer_of(None, "x", hmac) == "/certificate"


def test_exactly_one_of_the_two_is_needed() -> None:
    pem, cert = public_pem(KEY), certificate(NOW + timedelta(days=1))
    assert pointer_of(None, None) == "/public_key"
    assert pointer_of(pem, cert) == "/public_key"


def test_an_expired_certificate_is_refused() -> None:
    assert pointer_of(None, certificate(NOW)) == "/certificate"


def test_a_certificate_that_is_not_valid_yet_is_refused() -> None:
    later = NOW + timedelta(seconds=1)
    assert pointer_of(None, certificate(NOW + timedelta(days=1), since=later)) == "/certificate"


def test_a_certificate_says_how_long_it_is_valid_and_a_key_does_not() -> None:
    until = NOW + timedelta(days=1)
    assert find_validity(certificate(until)) == (NOW - timedelta(days=9), until)
    assert find_validity(public_pem(KEY)) is None
    assert find_validity(None) is None


def test_each_kind_has_its_own_field() -> None:
    assert pointer_of(certificate(NOW + timedelta(days=1)), None) == "/public_key"
    assert pointer_of(None, public_pem(KEY)) == "/certificate"


def test_a_short_rsa_key_is_refused() -> None:
    assert pointer_of(public_pem(generate_private_key(65537, 1024)), None) == "/public_key"


def test_a_secret_has_256_bits_and_is_new_each_time() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == 43


def test_what_nobody_can_read_is_pointed_at() -> None:
    assert pointer_of(SM2_PUBLIC_KEY, None) == "/public_key"
    assert pointer_of(None, of_version_six(certificate(NOW + timedelta(days=1)))) == "/certificate"
    with pytest.raises(Unusable):
        checked_pem(RSA, public_key=None, certificate=SM2_CERTIFICATE, now=MADE)
