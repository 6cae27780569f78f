"""WeChat Pay's platform certificates: which are in use now, several at once while they rotate.

They arrive sealed with the APIv3 key, which only WeChat Pay and the merchant have. So the answer
may be signed with a certificate that it brings itself, as the first one always is.

Source: pay.weixin.qq.com/doc/v3/merchant/4012551764
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate

from gateway.channels import rsa
from gateway.channels.formats import json_object, text
from gateway.channels.plugin import Call, Moment, Reply, Unverifiable
from gateway.channels.wechat.account import Account, is_public_key_id, plain_serial
from gateway.channels.wechat.wire import CERTIFICATES_PATH, check_signature, decrypt

EVERY_S: Final = 6 * 3600.0
"""WeChat Pay wants it at least every twelve hours; so one failure does no harm."""

TIMEOUT_S: Final = 4.0
"""A notification that waits for it is to be answered within five seconds."""


def call(serial: str, account: Account) -> Call | None:
    """Where only the public key is used there is nothing to ask, unless a certificate turns up:
    WeChat Pay mixes both while it moves a merchant from one to the other."""
    is_by_key_only = all(map(is_public_key_id, account.platform_keys))
    if is_public_key_id(serial) or (is_by_key_only and not serial):
        return None
    return Call("GET", CERTIFICATES_PATH, timeout_s=TIMEOUT_S)


def learn(reply: Reply, asked: Call, account: Account, moment: Moment) -> Account:
    """The account with the certificates that are in use now, in the place of those it had."""
    content = json_object(reply.body)
    if reply.status == 404 and text(content, "code") == "RESOURCE_NOT_EXISTS":
        return account  # This merchant has the public key only.
    found = _read(content, account, moment.now) if reply.status == 200 else []
    if not found:
        raise Unverifiable("no certificate in the answer")
    own = {name: key for name, key in account.platform_keys.items() if is_public_key_id(name)}
    keys: dict[str, tuple[RSAPublicKey, ...]] = {
        plain_serial(_serial(each)): (rsa.certified_key(each),) for each in found
    }
    newest = max(found, key=lambda each: each.not_valid_before_utc)
    check_signature(
        reply.headers,
        reply.body,
        replace(account, platform_keys={**account.platform_keys, **keys}),
        moment,
    )
    serial = account.platform_serial if own else _serial(newest)
    return replace(
        account,
        platform_keys={**own, **keys},
        platform_serial=serial,
        certificate_ends={_serial(each): each.not_valid_after_utc for each in found},
    )


def ends(account: Account) -> dict[str, datetime]:
    """Of the one that ends last: while they rotate, nothing is amiss when the other one ends."""
    last = max(account.certificate_ends.items(), key=lambda each: each[1], default=None)
    return {} if last is None else {f"platform certificate {last[0]}": last[1]}


def _read(content: Mapping[str, Any], account: Account, now: datetime) -> list[Certificate]:
    items = content.get("data")
    found = [_open(item, account) for item in items] if isinstance(items, list) else []
    return [each for each in found if each.not_valid_before_utc <= now <= each.not_valid_after_utc]


def _open(item: Any, account: Account) -> Certificate:
    sealed = item.get("encrypt_certificate") if isinstance(item, Mapping) else None
    if not isinstance(sealed, Mapping) or text(sealed, "associated_data") != "certificate":
        raise Unverifiable("not a certificate")
    certificate = rsa.certificates(decrypt(sealed, account).decode())[0]
    if plain_serial(text(item, "serial_no")) != plain_serial(_serial(certificate)):
        raise Unverifiable("a certificate under another serial number")
    return certificate


def _serial(certificate: Certificate) -> str:
    return f"{certificate.serial_number:040X}"
