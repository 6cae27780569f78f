"""How requests are signed: the form that WeChat Pay v3 users know, in three algorithms.

    Authorization: PAYMESH-<ALG> app_id="A…",key_id="K…",timestamp="1700000000",
                   nonce="…",signature="…"      (one line on the wire)

The signed text is five lines, each ended by a newline, also the last: method, path with query
exactly as sent, timestamp, nonce, body (the exact bytes, empty for none).
"""

import base64
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

HMAC: Final = "HMAC-SHA256"
ED25519: Final = "ED25519"
RSA: Final = "RSA-SHA256"

_UNUSABLE: Final = (
    "the private key is not PKCS#8 of Ed25519 or RSA without a password: "
    "openssl pkcs8 -topk8 -nodes -in old.pem -out new.pem"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs. Make it by `with_secret` or `with_private_key`."""

    app_id: str
    key_id: str
    alg: str
    _sign: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def with_secret(cls, app_id: str, key_id: str, secret: str) -> "Credentials":
        """HMAC-SHA256, under the UTF-8 bytes of the secret exactly as it was shown.

        Raises:
            ValueError: it is the PEM of a key.
        """
        if "-----BEGIN" in secret:
            raise ValueError("the secret is a key in PEM: give it as private_key")
        key = secret.encode()
        return cls(app_id, key_id, HMAC, lambda text: hmac.digest(key, text, "sha256"))

    @classmethod
    def with_private_key(cls, app_id: str, key_id: str, pem: str | bytes) -> "Credentials":
        """Ed25519 or RSA with SHA-256 (PKCS#1 v1.5), as the key is.

        Raises:
            ValueError: not the PEM of such a private key.
        """
        raw = pem.encode() if isinstance(pem, str) else pem
        try:
            key = serialization.load_pem_private_key(raw, password=None)
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            raise ValueError(_UNUSABLE) from error
        match key:
            case Ed25519PrivateKey():
                return cls(app_id, key_id, ED25519, key.sign)
            case RSAPrivateKey():
                rsa = key
                return cls(
                    app_id, key_id, RSA, lambda text: rsa.sign(text, PKCS1v15(), hashes.SHA256())
                )
            case _:
                raise ValueError(_UNUSABLE)

    def authorization(
        self,
        method: str,
        target: str,
        body: bytes,
        *,
        timestamp: int | None = None,
        nonce: str | None = None,
    ) -> str:
        """The Authorization header of one request, of now and with a nonce of its own."""
        stamp = int(time.time()) if timestamp is None else timestamp
        once = secrets.token_hex(16) if nonce is None else nonce
        signature = base64.b64encode(self._sign(signed_text(method, target, stamp, once, body)))
        return (
            f'PAYMESH-{self.alg} app_id="{self.app_id}",key_id="{self.key_id}",'
            f'timestamp="{stamp}",nonce="{once}",signature="{signature.decode()}"'
        )


def signed_text(method: str, target: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """The exact bytes under the signature. `target` is `PATH?QUERY` as it stands on the wire."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
