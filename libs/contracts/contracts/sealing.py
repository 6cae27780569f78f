"""Secrets on their way: sealed to the one service that may open them.

merchant-admin seals channel credentials to the gateway and webhook secrets to the notifier; it can
write them and never read them back. X25519 with a fresh key per message, HKDF-SHA256,
ChaCha20-Poly1305; the context (the id of the entity) is authenticated, so that a sealed secret
cannot be moved to another entity.

    text = base64( 0x02 | key id (4) | ephemeral public key (32) | ciphertext and tag )

The key id is the beginning of the SHA-256 of the recipient's public key. What was sealed before
there were ids (0x01, and no id) is opened, too.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NOTHING_OPENS: Final = "what is sealed to this service does not open with PAYMESH_SEALING_KEY"
"""Why a service whose `Opener` does not fit is not ready."""

_WITHOUT_ID: Final = b"\x01"
_WITH_ID: Final = b"\x02"
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_NONCE: Final = bytes(12)  # every message has a key of its own, so one nonce serves


class CannotOpen(ValueError):
    """Sealed to another key, for another entity, or changed on the way."""


class BadKey(ValueError):
    """The text is not a private sealing key."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Base64 texts, as settings carry them. `private_key` belongs to the opener alone."""

    private_key: str
    public_key: str


def generate() -> KeyPair:
    key = X25519PrivateKey.generate()
    return KeyPair(
        base64.b64encode(key.private_bytes_raw()).decode(),
        base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    )


def seal(public_key: str, plaintext: str, *, context: str) -> str:
    """Seal to the holder of the private key. `context`: the id of the entity it belongs to."""
    recipient = X25519PublicKey.from_public_bytes(base64.b64decode(public_key))
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    cipher = _cipher(ephemeral.exchange(recipient), ephemeral_public, recipient)
    sealed = cipher.encrypt(_NONCE, plaintext.encode(), context.encode())
    head = _WITH_ID + _id_of(recipient) + ephemeral_public
    return base64.b64encode(head + sealed).decode()


class Opener:
    """The private keys of a service, the newest first; and whether they are the right ones."""

    def __init__(self, keys: Sequence[X25519PrivateKey]) -> None:
        self._keys = {_id_of(key.public_key()): key for key in keys}
        self._opened: set[str] = set()
        self._closed: set[str] = set()
        self._has_fitted = False

    @classmethod
    def of(cls, text: str) -> "Opener":
        """As settings carry them: base64, separated by commas.

        Raises:
            BadKey: one of them is no private key.
        """
        return cls([_private_key(part.strip()) for part in text.split(",")])

    @property
    def public_key(self) -> str:
        """What is sealed from now on is sealed to the newest."""
        newest = next(iter(self._keys.values()))
        return base64.b64encode(newest.public_key().public_bytes_raw()).decode()

    @property
    def fits(self) -> bool:
        """Whether most of what was to be opened could be. Once it could, single failures are the
        fault of what was sealed."""
        if len(self._closed) <= len(self._opened):
            self._has_fitted = self._has_fitted or bool(self._opened)
            return True
        return self._has_fitted

    def open(self, sealed: str, *, context: str) -> str:
        """Open what was sealed to one of the keys for this entity.

        Raises:
            CannotOpen: it was not.
        """
        try:
            plaintext = self._open(sealed, context)
        except CannotOpen:
            self._closed.add(context)
            raise
        self._opened.add(context)
        self._closed.discard(context)
        return plaintext

    def seal_anew(self, sealed: str, *, context: str) -> str:
        """The same, sealed to the newest key; a text that is already stays as it is.

        Raises:
            CannotOpen: it was sealed to none of the keys for this entity.
        """
        plaintext = self.open(sealed, context=context)
        if is_sealed_to(self.public_key, sealed):
            return sealed
        return seal(self.public_key, plaintext, context=context)

    def _open(self, sealed: str, context: str) -> str:
        try:
            raw = base64.b64decode(sealed, validate=True)
        except binascii.Error as error:
            raise CannotOpen("is not base64") from error
        match raw[:1]:
            case b"\x01":
                keys, rest = list(self._keys.values()), raw[1:]
            case b"\x02":
                key_id, rest = raw[1 : 1 + _ID_BYTES], raw[1 + _ID_BYTES :]
                if key_id not in self._keys:
                    raise CannotOpen(f"sealed to the key {key_id.hex()}, which is not here")
                keys = [self._keys[key_id]]
            case _:
                raise CannotOpen("unknown version")
        for key in keys:
            try:
                ephemeral, ciphertext = rest[:_KEY_BYTES], rest[_KEY_BYTES:]
                shared = key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
                cipher = _cipher(shared, ephemeral, key.public_key())
                return cipher.decrypt(_NONCE, ciphertext, context.encode()).decode()
            except (InvalidTag, ValueError):
                continue
        raise CannotOpen("sealed to another key or for another entity")


def is_sealed_to(public_key: str, sealed: str) -> bool:
    """By the key's id; False for a text from before there were ids."""
    recipient = X25519PublicKey.from_public_bytes(base64.b64decode(public_key))
    head = base64.b64decode(sealed)[: 1 + _ID_BYTES]
    return head == _WITH_ID + _id_of(recipient)


def _private_key(text: str) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except ValueError as error:
        raise BadKey("is not a private sealing key: 32 bytes in base64") from error


def _id_of(key: X25519PublicKey) -> bytes:
    return hashlib.sha256(key.public_bytes_raw()).digest()[:_ID_BYTES]


def _cipher(shared: bytes, ephemeral_public: bytes, recipient: X25519PublicKey) -> ChaCha20Poly1305:
    info = b"paymesh sealing v1" + ephemeral_public + recipient.public_bytes_raw()
    return ChaCha20Poly1305(HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(shared))
