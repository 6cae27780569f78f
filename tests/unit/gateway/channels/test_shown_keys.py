"""What may be shown of keys and certificates."""

import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from tests.odd_keys import SM2_CERTIFICATE, SM2_PUBLIC_KEY
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.certificate_chain import Chain

from gateway.channels import rsa
from gateway.channels.shown_keys import _key_field, shown_keys


def test_the_sm2_root_in_alipays_bundle_has_a_fingerprint_too() -> None:
    bundle = {"alipay_root_cert_pem": SM2_CERTIFICATE + Chain().root_bundle_pem}
    sm2, *others = shown_keys(AlipaySide.plugin.form, bundle)
    assert len(others) == 3
    assert sm2.fingerprint == hashlib.sha256(rsa._der(SM2_PUBLIC_KEY)).hexdigest()


def test_the_key_is_found_where_the_library_finds_it() -> None:
    certificate = load_pem_x509_certificate(Chain().leaf_pem.encode())
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert _key_field(certificate.tbs_certificate_bytes) == (
        certificate.public_key().public_bytes(*form)
    )
