"""Records that decide prove who wrote them: whoever reaches the broker could write to it.

merchant-admin signs `merchant-config` (Ed25519, as several services read it); results and commands
carry an HMAC-SHA256 by a key that gateway and trade-core share. What is proven is all that a reader
acts on, so that a record cannot be moved to another topic, key or type:

    text = "paymesh-record-v1\\n", then of topic, key, `ce_type` and value each: length | bytes

with lengths of four bytes, big-endian. Two headers carry the id of the key and the proof in base64.
A reader knows at most two keys, so that one can take the place of the other. A record that comes
again is no forgery: every reader is idempotent (`twice-late-out-of-order`).
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeVar

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from contracts.sealing import KeyPair

KEY_ID_HEADER: Final = "paymesh-key-id"
PROOF_HEADER: Final = "paymesh-proof"

MAX_KEYS: Final = 2
MIN_SECRET_CHARS: Final = 32

K = TypeVar("K")

_VERSION: Final = b"paymesh-record-v1\n"
_TYPE_HEADER: Final = "ce_type"


class Unproven(ValueError):
    """The record does not prove that its writer may write it."""


class BadRecordKey(ValueError):
    """Not usable as a key; the message holds nothing of it."""


class Prover(Protocol):
    """Who may write a topic."""

    def prove(self, topic: str, key: str, kind: str, value: bytes) -> dict[str, str]:
        """The headers that go with the record."""


class Checker(Protocol):
    """Who reads a topic."""

    def check(self, topic: str, key: str | None, headers: Mapping[str, str], value: bytes) -> None:
        """Raises Unproven."""


class HmacKeys:
    """The keys that one writer and one reader share; the first proves, all are believed."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._by_id = {_key_id(secret.encode()): secret.encode() for secret in secrets}
        self._key_id, self._secret = next(iter(self._by_id.items()))

    @property
    def ids(self) -> list[str]:
        """Of the keys, the one that proves first; they are no secret."""
        return list(self._by_id)

    def prove(self, topic: str, key: str, kind: str, value: bytes) -> dict[str, str]:
        proof = hmac.digest(self._secret, _text(topic, key, kind, value), "sha256")
        return _headers(self._key_id, proof)

    def check(self, topic: str, key: str | None, headers: Mapping[str, str], value: bytes) -> None:
        secret, proof = _claimed(self._by_id, headers)
        text = _text(topic, key or "", headers.get(_TYPE_HEADER, ""), value)
        if not hmac.compare_digest(hmac.digest(secret, text, "sha256"), proof):
            raise Unproven("its proof is of another record, or forged")


class SigningKey:
    """The key of the one writer."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._key_id = _key_id(self.public_bytes())

    def public_bytes(self) -> bytes:
        """What readers must know, raw."""
        return self._key.public_key().public_bytes_raw()

    def prove(self, topic: str, key: str, kind: str, value: bytes) -> dict[str, str]:
        return _headers(self._key_id, self._key.sign(_text(topic, key, kind, value)))


class PublicKeys:
    """By whom a record may be signed."""

    def __init__(self, keys: Sequence[Ed25519PublicKey]) -> None:
        self._by_id = {_key_id(key.public_bytes_raw()): key for key in keys}

    def check(self, topic: str, key: str | None, headers: Mapping[str, str], value: bytes) -> None:
        public_key, proof = _claimed(self._by_id, headers)
        text = _text(topic, key or "", headers.get(_TYPE_HEADER, ""), value)
        try:
            public_key.verify(proof, text)
        except InvalidSignature:
            raise Unproven("its proof is of another record, or forged") from None


def is_silent(headers: Mapping[str, str]) -> bool:
    """Whether the record proves nothing and does not pretend to: it is older than proofs."""
    return KEY_ID_HEADER not in headers and PROOF_HEADER not in headers


def hmac_keys(text: str) -> HmacKeys:
    """One or two secrets of at least 32 characters, separated by a comma. Raises BadRecordKey."""
    secrets = _several(text)
    if any(len(secret) < MIN_SECRET_CHARS for secret in secrets):
        raise BadRecordKey(f"a secret has less than {MIN_SECRET_CHARS} characters")
    return HmacKeys(secrets)


def signing_key(text: str) -> SigningKey:
    """An Ed25519 private key: PEM, or its 32 bytes in base64. Raises BadRecordKey."""
    if not text.lstrip().startswith("-----"):
        return SigningKey(Ed25519PrivateKey.from_private_bytes(_raw(text)))
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadRecordKey("is not an unencrypted private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadRecordKey("is not an Ed25519 key")
    return SigningKey(key)


def public_keys(text: str) -> PublicKeys:
    """One or two Ed25519 public keys, PEM or base64, separated by a comma. Raises BadRecordKey."""
    return PublicKeys([_public_key(each) for each in _several(text)])


def generate() -> KeyPair:
    """A new pair for the configuration, as settings carry it."""
    key = Ed25519PrivateKey.generate()
    public = SigningKey(key).public_bytes()
    return KeyPair(
        base64.b64encode(key.private_bytes_raw()).decode(), base64.b64encode(public).decode()
    )


def _public_key(text: str) -> Ed25519PublicKey:
    if not text.startswith("-----"):
        return Ed25519PublicKey.from_public_bytes(_raw(text))
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise BadRecordKey("is not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadRecordKey("is not an Ed25519 key")
    return key


def _several(text: str) -> list[str]:
    keys = [each.strip() for each in text.split(",")]
    if not 1 <= len(keys) <= MAX_KEYS or not all(keys):
        raise BadRecordKey(f"must be one key, or {MAX_KEYS} separated by a comma")
    if len(set(keys)) < len(keys):
        raise BadRecordKey("names one key twice")
    return keys


def _raw(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except ValueError:  # binascii.Error is one; so is what is not ASCII
        raise BadRecordKey("is neither PEM nor base64") from None
    if len(raw) != 32:
        raise BadRecordKey("is not a key of 32 bytes")
    return raw


def _key_id(key: bytes) -> str:
    return hashlib.sha256(_VERSION + key).hexdigest()[:16]


def _text(topic: str, key: str, kind: str, value: bytes) -> bytes:
    parts = (topic.encode(), key.encode(), kind.encode(), value)
    return _VERSION + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _headers(key_id: str, proof: bytes) -> dict[str, str]:
    return {KEY_ID_HEADER: key_id, PROOF_HEADER: base64.b64encode(proof).decode()}


def _claimed(keys: Mapping[str, K], headers: Mapping[str, str]) -> tuple[K, bytes]:
    """The key that is said to have made the proof, and the proof."""
    if is_silent(headers):
        raise Unproven("it carries no proof of its writer")
    key = keys.get(headers.get(KEY_ID_HEADER, ""))
    if key is None:
        raise Unproven("its proof is by a key that is not valid here")
    try:
        return key, base64.b64decode(headers.get(PROOF_HEADER, ""), validate=True)
    except ValueError:
        raise Unproven("its proof is not base64") from None
