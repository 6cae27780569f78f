"""What may be shown of a key: which one it is, and until when. Never the key itself."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate

from gateway.channels import rsa
from gateway.channels.plugin.forms import PEM, CredentialForm, Kind

_FORM: Final = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
_VERSION: Final = 0xA0
_FIELDS_BEFORE_KEY: Final = 5


@dataclass(frozen=True, slots=True)
class ShownKey:
    """`fingerprint`: SHA-256 of the public half in DER, in hexadecimal; a private key and its
    public key have the same. The others of certificates only."""

    field: str
    kind: Kind
    fingerprint: str
    serial: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def shown_keys(form: CredentialForm, credentials: Mapping[str, Any]) -> list[ShownKey]:
    """Of each key and certificate among credentials that were checked, in the form's order."""
    return [
        fact
        for each in form.fields
        if each.kind in PEM and credentials.get(each.name)
        for fact in _details(each.name, each.kind, str(credentials[each.name]))
    ]


def _details(name: str, kind: Kind, text: str) -> list[ShownKey]:
    match kind:
        case "private_key":
            key = rsa.private_key(text, checked=True).public_key()
            return [ShownKey(name, kind, _fingerprint(key))]
        case "public_key":
            return [ShownKey(name, kind, _fingerprint(rsa.public_key(text)))]
        case _:
            return [
                ShownKey(
                    name,
                    kind,
                    hashlib.sha256(_public_half(each)).hexdigest(),
                    f"{each.serial_number:X}",
                    each.not_valid_before_utc,
                    each.not_valid_after_utc,
                )
                for each in rsa.certificates(text)
            ]


def _fingerprint(key: RSAPublicKey) -> str:
    return hashlib.sha256(key.public_bytes(*_FORM)).hexdigest()


def _public_half(certificate: Certificate) -> bytes:
    """Also of a key that the library cannot use, as the SM2 root in Alipay's bundle has."""
    try:
        return certificate.public_key().public_bytes(*_FORM)
    except (ValueError, UnsupportedAlgorithm):
        return _key_field(certificate.tbs_certificate_bytes)


def _key_field(tbs: bytes) -> bytes:
    """RFC 5280, 4.1: the sixth of the fields behind the version, as it stands."""
    at = _content(tbs, 0)[0]
    if tbs[at] == _VERSION:
        at = sum(_content(tbs, at))
    for _ in range(_FIELDS_BEFORE_KEY):
        at = sum(_content(tbs, at))
    return tbs[at : sum(_content(tbs, at))]


def _content(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins, and how long it is."""
    short = der[at + 1]
    if short < 0x80:
        return at + 2, short
    begins = at + 2 + short - 0x80
    return begins, int.from_bytes(der[at + 2 : begins])
