"""Acme Pay on the wire: JSON, with an HMAC of time, shop and body in the headers, both ways."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

from tests.newcomer.acme.credentials import Account

from gateway.channels.formats import json_object, json_text, text
from gateway.channels.plugin import (
    Answer,
    Call,
    Moment,
    RawNotification,
    Reply,
    Request,
    Unverifiable,
)

TOLERANCE_S: Final = 300


def sign(call: Call, account: Account, moment: Moment) -> Request:
    body = json_text(dict(call.body or {})).encode()
    time = str(int(moment.now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Acme-Shop": account.shop_id,
        "Acme-Time": time,
        "Acme-Signature": signature(account.secrets[0], time, account.shop_id, body),
    }
    return Request("POST", account.base_url + call.target, headers, body)


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """A refusal may come without a signature; it then only makes us ask again."""
    if reply.status >= 500:
        raise Unverifiable("not an answer to this call")
    content = json_object(reply.body)
    if not text(reply.headers, "acme-signature"):
        if not text(content, "code") or text(content, "code") == "OK":
            raise Unverifiable("the answer is not signed")
        return Answer(reply.status, content, moment, signed=False)
    check(reply.headers, reply.body, account, moment)
    return Answer(reply.status, content, moment)


def read(notification: RawNotification, account: Account, moment: Moment) -> dict[str, Any]:
    check(notification.headers, notification.body, account, moment)
    return json_object(notification.body)


def check(headers: Mapping[str, str], body: bytes, account: Account, moment: Moment) -> None:
    """Raises Unverifiable unless Acme said this, now, to this shop."""
    time, shop = text(headers, "acme-time"), text(headers, "acme-shop")
    given = text(headers, "acme-signature").encode()
    made = [signature(secret, time, shop, body).encode() for secret in account.secrets]
    if not any(hmac.compare_digest(given, each) for each in made):
        raise Unverifiable("no signature fits")
    if shop != account.shop_id:
        raise Unverifiable("it is for another shop")
    if not time.isdecimal() or abs(moment.now.timestamp() - int(time)) > TOLERANCE_S:
        raise Unverifiable("signed at another time")


def signature(secret: bytes, time: str, shop: str, body: bytes) -> str:
    signed = f"{time}.{shop}.".encode() + body
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()
