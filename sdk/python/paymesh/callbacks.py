"""Callbacks from the centre (Standard Webhooks), and payers who come back: is it really ours?

A callback counts only when `verify` has returned it, and each `id` counts once: the centre sends
again until it is answered with 2xx.
"""

import base64
import binascii
import hmac
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from paymesh.errors import NotAuthentic, NotReadable
from paymesh.models.events import Event
from paymesh.models.vocabulary import PaymentStatus

MAX_BODY_BYTES: Final = 131_072
"""No callback of the centre is larger."""

MIN_KEY_BYTES: Final = 24
"""Of a secret; with the empty one, which unset variables are, anybody signs."""

SECRET_VARIABLE: Final = "PAYMESH_WEBHOOK_SECRET"  # noqa: S105  # its name

ACCEPTED: Final = b"success"
"""What every acknowledgement says; apps that are set to the word `success` need it."""


_SIGNATURE: Final = re.compile(r"(?<!\S)v1,[A-Za-z0-9+/]{43}=(?!\S)")


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies with the app's `whsec_…` secrets; two of them during a rotation.

    Raises ValueError where there is none, or one that is none or shorter than any is.
    """

    secrets: Sequence[str] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secrets:
            raise ValueError("a webhook secret is needed")
        for secret in self.secrets:
            _key(secret)

    @classmethod
    def of(cls, secret: "str | Sequence[str] | Verifier | None" = None) -> "Verifier":
        """One secret, several, or None: that of PAYMESH_WEBHOOK_SECRET (several by commas)."""
        if isinstance(secret, Verifier):
            return secret
        if secret is None:
            secret = [part for part in os.environ.get(SECRET_VARIABLE, "").split(",") if part]
        return cls([secret] if isinstance(secret, str) else list(secret))

    def verify(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event of a callback; `body` is the exact bytes that came.

        Raises:
            NotAuthentic: not signed by the centre with one of the secrets, or five minutes old.
            NotReadable: signed by the centre, but no event.
        """
        given = {name.lower(): value for name, value in headers.items()}
        # The verifier would raise at the first that it cannot read, whatever stands behind it.
        readable = _SIGNATURE.findall(given.get("webhook-signature", ""))
        given["webhook-signature"] = " ".join(readable)
        for secret in self.secrets:
            try:
                Webhook(secret).verify(body, given)
            except (WebhookVerificationError, ValueError):
                continue
            return _event(given["webhook-id"], body)
        raise NotAuthentic("the callback is not signed with a secret of this app, or is too old")

    def verify_return(self, url: str) -> "Return":
        """What the payer carried back to `return_url`; the whole address, or its query.

        Raises:
            NotAuthentic: something in it was changed, or is missing.
        """
        query = urlsplit(url).query or url.partition("?")[2] or url
        given = dict(parse_qsl(query, keep_blank_values=True))
        try:
            numbers = [given[name] for name in ("merchant_order_no", "payment_no", "status")]
            stamp, signature = given["timestamp"], given["signature"]
        except KeyError as error:
            raise NotAuthentic(f"the return address has no {error.args[0]}") from error
        text = "".join(f"{part}\n" for part in (*numbers, stamp)).encode()
        expected = (base64.b64encode(hmac.digest(_key(s), text, "sha256")) for s in self.secrets)
        if not any(hmac.compare_digest(each, signature.encode()) for each in expected):
            raise NotAuthentic("the return address is not signed with a secret of this app")
        return Return(numbers[0], numbers[1], PaymentStatus(numbers[2]), int(stamp))


@dataclass(frozen=True, slots=True)
class Return:
    """What to show a payer who comes back. Never the proof of a payment: an address can be kept
    and opened again. `timestamp`: Unix seconds."""

    merchant_order_no: str
    payment_no: str
    status: PaymentStatus
    timestamp: int


def verify(
    headers: Mapping[str, str], body: bytes, secret: str | Sequence[str] | None = None
) -> Event:
    """The event of a callback; without `secret`, that of PAYMESH_WEBHOOK_SECRET.

    Raises:
        NotAuthentic: it is not the centre's. NotReadable: it is, but no event.
    """
    return Verifier.of(secret).verify(headers, body)


def verify_return(url: str, secret: str | Sequence[str] | None = None) -> Return:
    """What the payer carried back to `return_url`, for display only. Raises NotAuthentic."""
    return Verifier.of(secret).verify_return(url)


def sign(secret: str, *, webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The headers of a callback; for tests, and for those who hand callbacks on."""
    text = f"{webhook_id}.{timestamp_s}.".encode() + body
    signature = base64.b64encode(hmac.digest(_key(secret), text, "sha256")).decode()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{signature}",
    }


def _event(webhook_id: str, body: bytes) -> Event:
    try:
        content = json.loads(body)
        return Event.model_validate({**content, "id": webhook_id})
    except (ValueError, TypeError, ValidationError) as error:
        raise NotReadable("the callback is signed, but not of a known form") from error


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("not a webhook secret (whsec_…)") from error
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"a webhook secret (whsec_…) has {MIN_KEY_BYTES} bytes at least")
    return key
