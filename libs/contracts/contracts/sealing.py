"""Secrets on their way: sealed to the one service that may open them.

merchant-admin seals channel credentials to the gateway and webhook secrets to the notifier; it can
write them and never read them back. X25519 with a fresh key per message, HKDF-SHA256,
ChaCha20-Poly1305; the context (the id of the entity) is authenticated, so that a sealed secret
cannot be moved to another entity.

    text = base64( 0x01 | ephemeral public key (32) | ciphertext and tag )
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION: Final = b"\x01"
_NONCE: Final = bytes(12)  # every message has a key of its own, so one nonce serves


class CannotOpen(ValueError):
    """Sealed to another key, for another entity, or changed on the way."""


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
    return base64.b64encode(_VERSION + ephemeral_public + sealed).decode()


def open_sealed(private_key: str, sealed: str, *, context: str) -> str:
    """Open what was sealed to this key for this entity.

    Raises:
        CannotOpen: it was not.
    """
    own = X25519PrivateKey.from_private_bytes(base64.b64decode(private_key))
    try:
        raw = base64.b64decode(sealed, validate=True)
        if raw[:1] != _VERSION:
            raise CannotOpen("unknown version")
        ephemeral_public = raw[1:33]
        shared = own.exchange(X25519PublicKey.from_public_bytes(ephemeral_public))
        cipher = _cipher(shared, ephemeral_public, own.public_key())
        return cipher.decrypt(_NONCE, raw[33:], context.encode()).decode()
    except (binascii.Error, InvalidTag) as error:
        raise CannotOpen("sealed to another key or for another entity") from error


def _cipher(shared: bytes, ephemeral_public: bytes, recipient: X25519PublicKey) -> ChaCha20Poly1305:
    info = b"paymesh sealing v1" + ephemeral_public + recipient.public_bytes_raw()
    return ChaCha20Poly1305(HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(shared))
