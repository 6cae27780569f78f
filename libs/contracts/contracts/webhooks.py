"""Standard Webhooks v1 and v1a: how callbacks to apps are signed.

Headers `webhook-id`, `webhook-timestamp` (Unix seconds), `webhook-signature` (`v1,<base64>`,
several separated by spaces during a rotation); HMAC-SHA256 over `id.timestamp.body`; the secret is
`whsec_` and the base64 of its bytes. Who asks for it also gets `v1a,<base64>`: Ed25519 over the
same text, by a key that is derived from the secret; its public half is `whpk_` and base64.
Source: standardwebhooks.com (spec/standard-webhooks.md)
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TOLERANCE_S: Final = 300
MAX_BODY_BYTES: Final = 131_072
"""A split with 50 receivers, each of whose texts is as long as it may be, has a little more than
100 KiB; the rest is for members that are yet to come."""

MIN_KEY_BYTES: Final = 24
"""Of a secret, by Standard Webhooks. Anybody signs with the empty one, as unset variables are."""

PREFIX: Final = "whsec_"
PUBLIC_PREFIX: Final = "whpk_"

MAX_HEADERS: Final = 10
MAX_HEADER_CHARS: Final = 1024
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_HEADER_VALUE: Final = re.compile(r"[ -~]*\Z")
_OURS: Final = re.compile(
    r"(webhook-.*|proxy-.*|content-.*|accept.*|host|connection|keep-alive|te|trailer"
    r"|transfer-encoding|upgrade|expect|user-agent|cookie)\Z",
    re.IGNORECASE,
)
_DERIVATION: Final = b"paymesh webhook v1a"


def new_secret() -> str:
    """A fresh secret, to be shown once: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key bytes of a `whsec_…` secret.

    Raises:
        ValueError: not such a secret, or one that is too short.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not a webhook secret") from error
    if len(key) < MIN_KEY_BYTES:
        raise ValueError("too short a webhook secret")
    return key


def signing_key(key: bytes) -> Ed25519PrivateKey:
    """The key of the v1a signature that belongs to the bytes of a secret."""
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(key, _DERIVATION, "sha256"))


def public_key(secret: str) -> str:
    """With what the v1a signatures under this secret are verified: `whpk_` and 32 bytes."""
    raw = signing_key(secret_bytes(secret)).public_key().public_bytes_raw()
    return PUBLIC_PREFIX + base64.b64encode(raw).decode()


def is_extra_header(name: str, value: str) -> bool:
    """Whether a callback may carry this header for its app: none of ours, nothing of the wire's."""
    return (
        _HEADER_NAME.match(name) is not None
        and _OURS.match(name.replace("_", "-")) is None  # many servers do not tell them apart
        and len(value) <= MAX_HEADER_CHARS
        and _HEADER_VALUE.match(value) is not None
    )


def sign(
    keys: Sequence[bytes],
    *,
    webhook_id: str,
    timestamp_s: int,
    body: bytes,
    signing_keys: Sequence[Ed25519PrivateKey] = (),
) -> dict[str, str]:
    """The three headers of one attempt; one signature per key, newest key first, v1 before v1a."""
    text = f"{webhook_id}.{timestamp_s}.".encode() + body
    signatures = [
        *("v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in keys),
        *("v1a," + base64.b64encode(key.sign(text)).decode() for key in signing_keys),
    ]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signatures),
    }


def is_authentic(secret: str, headers: Mapping[str, str], body: bytes, *, now_s: float) -> bool:
    """Whether this callback is ours and fresh; what an app does with each one it receives."""
    webhook_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(now_s - int(stamp)) > TOLERANCE_S:
        return False
    try:
        keys = [secret_bytes(secret)]
    except ValueError:
        return False
    expected = sign(keys, webhook_id=webhook_id, timestamp_s=int(stamp), body=body)
    given = headers.get("webhook-signature", "").split()
    return any(
        hmac.compare_digest(expected["webhook-signature"].encode(), item.encode()) for item in given
    )
