"""Secrets that this service must read again itself, encrypted in its database (AES-256-GCM).

The keys are made of those of the sessions: the first encrypts, all decrypt.
"""

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES: Final = 12
_PURPOSE: Final = b"paymesh merchant-admin second factor"


def encrypted(keys: Sequence[bytes], secret: str, *, context: str) -> bytes:
    """For this context only: it does not open for another user."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(keys[0]).encrypt(nonce, secret.encode(), context.encode())


def find_decrypted(keys: Sequence[bytes], sealed: bytes, *, context: str) -> str | None:
    """None where none of the keys opens it."""
    return next((it for key in keys if (it := _opened(key, sealed, context)) is not None), None)


def _opened(key: bytes, sealed: bytes, context: str) -> str | None:
    nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return _cipher(key).decrypt(nonce, text, context.encode()).decode()
    except InvalidTag:
        return None


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(key))
