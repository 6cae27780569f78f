"""How apps sign their requests: the form that WeChat Pay v3 users know, in three algorithms.

    Authorization: PAYMESH-<ALG> app_id="A…",key_id="K…",timestamp="1700000000",
                   nonce="…",signature="…"      (one line on the wire)

The signed text is five lines, each ending in a newline, also the last:
method, path with query exactly as sent, timestamp, nonce, body (exact bytes; empty for none).
Pure: no clock and no network. Test vectors: `tests/contract/vectors/signing.json`.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from contracts.events.configuration import KeyAlgorithm
from contracts.pem import read_certificate

WINDOW_S: Final = 300
"""How far a request's timestamp may be from the receiver's clock."""

MIN_RSA_BITS: Final = 2048
SCHEME: Final = "PAYMESH-"

_FIELDS: Final = frozenset({"app_id", "key_id", "timestamp", "nonce", "signature"})
_PAIR: Final = re.compile(r'([a-z_]+)="([^"\\]*)"\s*(?:,\s*|\Z)')


class Malformed(ValueError):
    """The Authorization header is not of the form above."""


class BadKey(ValueError):
    """The key text is not a usable key of its algorithm."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The Authorization header, taken apart. Nothing in it is believed yet."""

    alg: KeyAlgorithm
    app_id: str
    key_id: str
    timestamp: int
    nonce: str
    signature: bytes

    def is_fresh(self, now_s: float) -> bool:
        return abs(now_s - self.timestamp) <= WINDOW_S


class Verifier(Protocol):
    """A key that was parsed once and verifies many times."""

    def verify(self, text: bytes, signature: bytes) -> bool: ...


class Signer(Protocol):
    def sign(self, text: bytes) -> bytes: ...


def signed_text(method: str, target: str, timestamp: int | str, nonce: str, body: bytes) -> bytes:
    """The exact bytes under the signature. `target` is `PATH?QUERY` as it stands on the wire."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def parse(header: str) -> Credentials:
    """Take an Authorization header apart.

    Raises:
        Malformed: other scheme, unknown algorithm, missing, doubled or ill-formed member.
    """
    scheme, _, rest = header.partition(" ")
    try:
        alg = KeyAlgorithm(scheme.removeprefix(SCHEME))
    except ValueError:
        raise Malformed("unknown scheme") from None
    if not scheme.startswith(SCHEME) or len(rest) > 4096:
        raise Malformed("unknown scheme")
    members = _members(rest.strip())
    nonce, stamp = members["nonce"], members["timestamp"]
    if not (1 <= len(nonce) <= 64 and nonce.isascii() and nonce.isprintable()):
        raise Malformed("nonce")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Malformed("timestamp")
    try:
        signature = base64.b64decode(members["signature"], validate=True)
    except ValueError:
        raise Malformed("signature") from None
    return Credentials(
        alg=alg,
        app_id=members["app_id"],
        key_id=members["key_id"],
        timestamp=int(stamp),
        nonce=nonce,
        signature=signature,
    )


def authorization(
    signer: Signer,
    *,
    alg: KeyAlgorithm,
    app_id: str,
    key_id: str,
    method: str,
    target: str,
    timestamp: int,
    nonce: str,
    body: bytes,
) -> str:
    """The Authorization header of one request."""
    signature = signer.sign(signed_text(method, target, timestamp, nonce, body))
    encoded = base64.b64encode(signature).decode()
    return (
        f'{SCHEME}{alg} app_id="{app_id}",key_id="{key_id}",'
        f'timestamp="{timestamp}",nonce="{nonce}",signature="{encoded}"'
    )


@dataclass(frozen=True, slots=True)
class HmacKey:
    """HMAC-SHA256 with the UTF-8 bytes of the secret as it was shown."""

    secret: bytes

    def sign(self, text: bytes) -> bytes:
        return hmac.digest(self.secret, text, "sha256")

    def verify(self, text: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self.sign(text), signature)


@dataclass(frozen=True, slots=True)
class Ed25519Verifier:
    key: Ed25519PublicKey

    def verify(self, text: bytes, signature: bytes) -> bool:
        try:
            self.key.verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class RsaVerifier:
    """RSASSA-PKCS1-v1_5 with SHA-256."""

    key: RSAPublicKey

    def verify(self, text: bytes, signature: bytes) -> bool:
        try:
            self.key.verify(signature, text, PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    key: Ed25519PrivateKey

    def sign(self, text: bytes) -> bytes:
        return self.key.sign(text)


@dataclass(frozen=True, slots=True)
class RsaSigner:
    key: RSAPrivateKey

    def sign(self, text: bytes) -> bytes:
        return self.key.sign(text, PKCS1v15(), hashes.SHA256())


def hmac_key(secret: str) -> HmacKey:
    return HmacKey(secret.encode())


def public_key(alg: KeyAlgorithm, pem: str) -> Verifier:
    """Parse a PEM public key or X.509 certificate of this algorithm.

    Raises:
        BadKey: it does not parse, is of another kind, or is an RSA key under 2,048 bits.
    """
    try:
        key = (
            read_certificate(pem).public_key()
            if "BEGIN CERTIFICATE" in pem
            else serialization.load_pem_public_key(pem.encode())
        )
    except UnsupportedAlgorithm as error:
        raise BadKey(f"is not a key for {alg}") from error
    except (ValueError, TypeError) as error:
        raise BadKey("is not a PEM public key or certificate") from error
    match alg, key:
        case KeyAlgorithm.ED25519, Ed25519PublicKey():
            return Ed25519Verifier(key)
        case KeyAlgorithm.RSA_SHA256, RSAPublicKey() if key.key_size >= MIN_RSA_BITS:
            return RsaVerifier(key)
        case KeyAlgorithm.RSA_SHA256, RSAPublicKey():
            raise BadKey(f"must have at least {MIN_RSA_BITS} bits")
        case _:
            raise BadKey(f"is not a key for {alg}")


def validity(pem: str) -> tuple[datetime, datetime] | None:
    """Between which times a certificate opens the API; None for a bare key, which has no end.

    Raises:
        BadKey: the certificate does not parse.
    """
    if "BEGIN CERTIFICATE" not in pem:
        return None
    try:
        certificate = read_certificate(pem)
    except ValueError as error:
        raise BadKey("is not a PEM public key or certificate") from error
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def private_key(alg: KeyAlgorithm, pem: str) -> Signer:
    """Parse a PEM private key; for apps and tests.

    Raises:
        BadKey: it does not parse or is of another kind.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey("is not a PEM private key") from error
    match alg, key:
        case KeyAlgorithm.ED25519, Ed25519PrivateKey():
            return Ed25519Signer(key)
        case KeyAlgorithm.RSA_SHA256, RSAPrivateKey():
            return RsaSigner(key)
        case _:
            raise BadKey(f"is not a key for {alg}")


def _members(text: str) -> dict[str, str]:
    members: dict[str, str] = {}
    position = 0
    while match := _PAIR.match(text, position):
        name, value = match.groups()
        if name in members:
            raise Malformed(f"{name} stands twice")
        members[name] = value
        position = match.end()
    if position != len(text) or members.keys() != _FIELDS:
        raise Malformed("members")
    return members
