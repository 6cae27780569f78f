"""Stripe on the wire: forms with brackets go out, JSON comes back, webhooks carry an HMAC.

Answers are not signed. One counts as Stripe's own that came over the connection to it with the
`Request-Id` that it gives each; what has none was said by somebody in between.

Source: docs.stripe.com/api (Authentication, Idempotent requests, Errors, Versioning),
docs.stripe.com/webhooks (Verify webhook signatures manually)
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from gateway.channels.formats import json_object, text
from gateway.channels.plugin import (
    Answer,
    Call,
    Moment,
    RawNotification,
    Reply,
    Request,
    Unverifiable,
)
from gateway.channels.stripe.credentials import Account

SESSIONS: Final = "/v1/checkout/sessions"
INTENTS: Final = "/v1/payment_intents"
REFUNDS: Final = "/v1/refunds"
DISPUTES: Final = "/v1/disputes"
CHARGES: Final = "/v1/charges"
BALANCE_TRANSACTIONS: Final = "/v1/balance_transactions"
ACCOUNT: Final = "/v1/account"

VERSION: Final = "2026-10-28.endive"
"""The shape of what Stripe tells stays that of this release, whatever the account's own is."""

REPLAYED: Final = "idempotent-replayed"
"""In the header of an answer that an earlier call with this key had already."""

SIGNATURE: Final = "stripe-signature"
SCHEME: Final = "v1"
TOLERANCE_S: Final = 300

MAX_PAGE_BYTES: Final = 8_388_608
"""Of an answer with a hundred objects."""


def sign(call: Call, account: Account, moment: Moment) -> Request:
    """What repeats a call carries the same `Idempotency-Key`, and Stripe does the work once."""
    headers = {
        "Authorization": f"Bearer {account.secret_key}",
        "Stripe-Version": VERSION,
        "Accept": "application/json",
    }
    url = account.base_url + call.target
    if call.query:
        url += f"?{urlencode(call.query)}"
    if call.verb == "GET":
        return Request("GET", url, headers, b"", limit_bytes=MAX_PAGE_BYTES)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    if call.idempotency_key:
        headers["Idempotency-Key"] = call.idempotency_key
    return Request("POST", url, headers, urlencode(list(bracketed(call.body or {}))).encode())


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """Raises Unverifiable for what is neither an object nor an error of this account's mode."""
    if not (reply.status == 200 or 400 <= reply.status < 500):
        raise Unverifiable("not an answer to this call")
    content = json_object(reply.body)
    is_stripes = text(reply.headers, "request-id").startswith("req_")
    if reply.status == 200:
        if not is_stripes or not text(content, "object"):
            raise Unverifiable("not an answer of Stripe's")
        require_mode(content, account)
    elif not isinstance(content.get("error"), Mapping):
        raise Unverifiable("a refusal without a reason")
    is_replayed = text(reply.headers, REPLAYED) == "true"
    return Answer(reply.status, content, moment, signed=is_stripes, is_replayed=is_replayed)


def require_mode(content: Mapping[str, Any], account: Account) -> None:
    """`own-account-only`: test money is no money. Raises Unverifiable."""
    if content.get("livemode", account.is_live) is not account.is_live:
        raise Unverifiable("it is of the other mode (live, test)")


def bracketed(body: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """`a[b][0]=c`, without what is empty."""
    for name, value in body.items():
        key = f"{within}[{name}]" if within else name
        match value:
            case Mapping():
                yield from bracketed(value, key)
            case list():
                yield from bracketed({str(at): each for at, each in enumerate(value)}, key)
            case bool():
                yield key, str(value).lower()
            case None | "":
                continue
            case _:
                yield key, str(value)


def check_signature(notification: RawNotification, account: Account, moment: Moment) -> None:
    """One of the signatures must be made with one of the secrets, less than five minutes ago.

    Raises Unverifiable. Secrets are their text's bytes; other schemes than v1 do not count.
    """
    parts = [each.partition("=")[::2] for each in _header(notification).split(",")]
    stamps = [value for name, value in parts if name == "t"]
    signatures = [value for name, value in parts if name == SCHEME]
    try:
        signed_at = int(stamps[0])
    except (IndexError, ValueError) as error:
        raise Unverifiable("the signature has no time") from error
    signed = b"%d." % signed_at + notification.body
    made = [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in account.webhook_secrets]
    if not any(_are_equal(one, other) for one in made for other in signatures):
        raise Unverifiable("no signature fits")
    if abs(moment.now.timestamp() - signed_at) > TOLERANCE_S:
        raise Unverifiable("signed at another time")


def _header(notification: RawNotification) -> str:
    return notification.headers.get(SIGNATURE, "")


def _are_equal(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode(errors="replace"))
