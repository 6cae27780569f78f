"""Which client certificates may be shown to an app's server."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
from tests.odd_keys import SM2_CERTIFICATE, of_version_six

from contracts.events.configuration import ClientCertificate
from merchant_admin.domain.certificates import CERTIFICATE, PRIVATE_KEY, usable_until
from merchant_admin.domain.errors import Unusable

NOW = datetime(2026, 11, 22, tzinfo=UTC)
UNTIL = NOW + timedelta(days=365)
KEY = ec.generate_private_key(ec.SECP256R1())


def pem_of(
    key: CertificateIssuerPrivateKeyTypes,
    encryption: KeySerializationEncryption | None = None,
) -> str:
    form = PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def certificate(
    key: CertificateIssuerPrivateKeyTypes = KEY,
    *,
    until: datetime = UNTIL,
    usage: x509.ObjectIdentifier | None = None,
    extension: x509.UnrecognizedExtension | None = None,
) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "paymesh")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(until)
    )
    if usage is not None:
        built = built.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if extension is not None:
        built = built.add_extension(extension, critical=False)
    digest = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return built.sign(key, digest).public_bytes(Encoding.PEM).decode()


def given(certificate_pem: str, private_key_pem: str) -> ClientCertificate:
    return ClientCertificate(certificate_pem=certificate_pem, private_key_pem=private_key_pem)


@pytest.mark.parametrize("usage", [None, ExtendedKeyUsageOID.CLIENT_AUTH], ids=["any", "client"])
def test_certificate_with_its_key_is_usable_until_it_expires(
    usage: x509.ObjectIdentifier | None,
) -> None:
    assert usable_until(given(certificate(usage=usage), pem_of(KEY)), NOW) == UNTIL


def test_other_kinds_of_keys_and_a_whole_chain_are_usable() -> None:
    for key in (rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()):
        chain = certificate(key) + certificate(KEY)
        assert usable_until(given(chain, pem_of(key)), NOW) == UNTIL


def test_what_is_wrong_is_pointed_at() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    weak = rsa.generate_private_key(65537, 1024)
    encrypted = pem_of(KEY, BestAvailableEncryption(b"password"))
    server_only = certificate(usage=ExtendedKeyUsageOID.SERVER_AUTH)
    for pems, pointer, words in [
        ((pem_of(KEY), pem_of(KEY)), CERTIFICATE, "is not a PEM certificate"),
        (("", pem_of(KEY)), CERTIFICATE, "is not a PEM certificate"),
        ((certificate(until=NOW), pem_of(KEY)), CERTIFICATE, "has expired"),
        ((server_only, pem_of(KEY)), CERTIFICATE, "not for clients"),
        ((certificate(weak), pem_of(weak)), CERTIFICATE, "less than 2048 bits"),
        ((certificate(), certificate()), PRIVATE_KEY, "is not a PEM private key"),
        ((certificate(), encrypted), PRIVATE_KEY, "is encrypted"),
        ((certificate(), pem_of(other)), PRIVATE_KEY, "does not belong"),
    ]:
        with pytest.raises(Unusable) as refusal:
            usable_until(given(*pems), NOW)
        (fault,) = refusal.value.errors
        assert fault.pointer == pointer
        assert words in fault.message


def test_what_nobody_can_read_is_pointed_at_too() -> None:
    usages = x509.UnrecognizedExtension(ExtensionOID.EXTENDED_KEY_USAGE, b"?")
    for pem, words in [
        (of_version_six(certificate()), "is not a PEM certificate"),
        (SM2_CERTIFICATE, "unknown kind"),
        (certificate(extension=usages), "nobody can read"),
    ]:
        with pytest.raises(Unusable) as refusal:
            usable_until(given(pem, pem_of(KEY)), datetime(2026, 12, 1, tzinfo=UTC))
        (fault,) = refusal.value.errors
        assert fault.pointer == CERTIFICATE
        assert words in fault.message
