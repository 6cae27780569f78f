"""Standard Webhooks v1: how callbacks to apps are signed.

Headers `webhook-id`, `webhook-timestamp` (Unix seconds), `webhook-signature` (`v1,<base64>`,
several separated by spaces during a rotation); HMAC-SHA256 over `id.timestamp.body`; the secret is
`whsec_` and the base64 of its bytes. Source: standardwebhooks.com (spec/standard-webhooks.md)
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

TOLERANCE_S: Final = 300
PREFIX: Final = "whsec_"


def new_secret() -> str:
    """A fresh secret, to be shown once: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key bytes of a `whsec_…` secret.

    Raises:
        ValueError: not such a secret.
    """
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not a webhook secret") from error


def sign(
    keys: Sequence[bytes], *, webhook_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """The three headers of one attempt; one signature per key, newest key first."""
    text = f"{webhook_id}.{timestamp_s}.".encode() + body
    signatures = (
        "v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in keys
    )
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
    expected = sign(
        [secret_bytes(secret)], webhook_id=webhook_id, timestamp_s=int(stamp), body=body
    )
    given = headers.get("webhook-signature", "").split()
    return any(
        hmac.compare_digest(expected["webhook-signature"].encode(), item.encode()) for item in given
    )
