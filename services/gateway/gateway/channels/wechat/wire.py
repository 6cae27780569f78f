"""WeChat Pay v3 on the wire: requests signed, answers and notifications verified and opened.

Source: pay.weixin.qq.com/doc/v3/merchant/4012365342 (rules), 4012071382 (notifications)
"""

import base64
import contextlib
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidTag

from gateway.channels import rsa
from gateway.channels.formats import json_object, json_text, text
from gateway.channels.plugin import (
    MAX_ANSWER_BYTES,
    Answer,
    Call,
    Moment,
    Reply,
    Request,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.wechat.account import Account, is_public_key_id, plain_serial
from gateway.channels.wechat.credentials import SPARE_URLS

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"
WINDOW_S: Final = 300
MAX_NONCE: Final = 32
CERTIFICATES_PATH: Final = "/v3/certificates"
UNIX_SECONDS: Final = re.compile(r"\d{1,12}", re.ASCII)


def sign(
    call: Call, account: Account, moment: Moment, *, limit_bytes: int = MAX_ANSWER_BYTES
) -> Request:
    path = urlsplit(account.base_url).path + call.target
    if call.query:
        path += "?" + urlencode(call.query)
    body = b"" if call.body is None else json_text(call.body).encode()
    timestamp, nonce = str(int(moment.now.timestamp())), moment.nonce[:MAX_NONCE]
    content = f"{call.verb}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
    signature = rsa.sign(account.private_key, content)
    headers = {
        "Authorization": (
            f'{SCHEME} mchid="{account.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{account.merchant_serial_no}"'
        ),
        "Accept": "application/json",
        "User-Agent": "paymesh",
    }
    if serial := _serial_to_ask_for(call, account):
        headers["Wechatpay-Serial"] = serial
    if body:
        headers["Content-Type"] = "application/json"
    spare = SPARE_URLS.get(account.base_url)
    return Request(
        call.verb,
        _origin(account.base_url) + path,
        headers,
        body,
        limit_bytes,
        spare_url=spare + path if spare else "",  # The signature covers no host.
    )


def _serial_to_ask_for(call: Call, account: Account) -> str:
    """By what WeChat Pay is to sign: its public key, or a certificate. That of an account may have
    ended long ago, so that none is named where we ask for those that are in use."""
    serial = account.platform_serial
    return "" if call.target == CERTIFICATES_PATH and not is_public_key_id(serial) else serial


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """What is no 2xx may come from a machine in between, without a signature: then it is no word
    of WeChat Pay's. One that is there must be right."""
    is_refusal = not 200 <= reply.status < 300
    if is_refusal and "wechatpay-signature" not in reply.headers:
        return Answer(reply.status, json_object(reply.body), moment, signed=False)
    check_signature(reply.headers, reply.body, account, moment)
    content = json_object(reply.body) if reply.body else {}
    return Answer(reply.status, content, moment)


def check_signature(
    headers: Mapping[str, str], body: bytes, account: Account, moment: Moment
) -> None:
    """Raises Unverifiable unless WeChat Pay signed this body within the last five minutes.

    WeChat Pay's probes (signatures that start with `WECHATPAY/SIGNTEST/`) fail here like any
    other wrong signature; that is what they test.
    """
    serial = headers.get("wechatpay-serial", "")
    keys = account.platform_keys.get(plain_serial(serial))
    if keys is None:
        raise UnknownKey(serial)
    timestamp = headers.get("wechatpay-timestamp", "")
    if not UNIX_SECONDS.fullmatch(timestamp):
        raise Unverifiable("the signature has no time")
    if abs(moment.now.timestamp() - int(timestamp)) > WINDOW_S:
        raise Unverifiable("the signature is too old, or of the future")
    content = f"{timestamp}\n{headers.get('wechatpay-nonce', '')}\n".encode() + body + b"\n"
    signature = headers.get("wechatpay-signature", "")
    if not any(rsa.is_signed(key, content, signature) for key in keys):
        raise Unverifiable("the signature is wrong")


def decrypt(sealed: Mapping[str, Any], account: Account) -> bytes:
    """Open what WeChat Pay sealed with the APIv3 key (AES-256-GCM); raises Unverifiable."""
    if text(sealed, "algorithm") != "AEAD_AES_256_GCM":
        raise Unverifiable("encrypted in an unknown way")
    try:
        content = base64.b64decode(text(sealed, "ciphertext"), validate=True)
    except ValueError as error:
        raise Unverifiable("it cannot be decrypted") from error
    nonce, aad = text(sealed, "nonce").encode(), text(sealed, "associated_data").encode()
    for key in account.notification_keys:
        with contextlib.suppress(InvalidTag, ValueError):
            return key.decrypt(nonce, content, aad)
    raise Unverifiable("it cannot be decrypted")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
