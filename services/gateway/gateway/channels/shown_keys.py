"""What may be shown of a key: which one it is, and until when. Never the key itself."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.channels import rsa
from gateway.channels.plugin.forms import PEM, CredentialForm, Kind

_FORM: Final = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


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
                    hashlib.sha256(each.public_key().public_bytes(*_FORM)).hexdigest(),
                    f"{each.serial_number:X}",
                    each.not_valid_before_utc,
                    each.not_valid_after_utc,
                )
                for each in rsa.certificates(text)
            ]


def _fingerprint(key: RSAPublicKey) -> str:
    return hashlib.sha256(key.public_bytes(*_FORM)).hexdigest()
