"""What the plugins are measured beside: the same body to the same address, one RSA signature.

A call of the plugin is taken as a pattern. For each new call only the payment's number is put in
and the signature made anew: nothing is encoded, checked, verified, counted or logged.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.channels import rsa
from gateway.channels.plugin import Request

NUMBER: Final = "P00000000000000000000000000"
"""The pattern's payment number, in whose place the real one is put."""

Bare = Callable[[str], Request]
"""Signs a call for the payment of this number."""


def wechat(pattern: Request, account: Any) -> Bare:
    """Signed are the lines of verb, path, time, nonce and body."""
    key: RSAPrivateKey = account.private_key
    path = urlsplit(pattern.url).path

    def signed(payment_no: str) -> Request:
        body = pattern.body.replace(NUMBER.encode(), payment_no.encode())
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        signature = rsa.sign(key, f"POST\n{path}\n{stamp}\n{nonce}\n".encode() + body + b"\n")
        authorization = (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{account.mchid}",nonce_str="{nonce}",'
            f'signature="{signature}",timestamp="{stamp}",serial_no="{account.merchant_serial_no}"'
        )
        headers = {**pattern.headers, "Authorization": authorization}
        return replace(pattern, headers=headers, body=body)

    return signed


def alipay(pattern: Request, account: Any) -> Bare:
    """Signed are all parameters but `sign`, by name; the sandbox allows the pattern's old time."""
    key: RSAPrivateKey = account.private_key
    address, _, query = pattern.url.partition("?")
    parts = [part for part in query.split("&") if not part.startswith("sign=")]
    url = f"{address}?{'&'.join(parts)}&sign="
    given = {**parse_qs("&".join(parts)), **parse_qs(pattern.body.decode())}
    content = "&".join(f"{name}={value}" for name, (value,) in sorted(given.items()))

    def signed(payment_no: str) -> Request:
        signature = rsa.sign(key, content.replace(NUMBER, payment_no).encode())
        body = pattern.body.replace(NUMBER.encode(), payment_no.encode())
        return replace(pattern, url=url + quote(signature, safe=""), body=body)

    return signed


BARE: Final[dict[str, Callable[[Request, Any], Bare]]] = {"wechat": wechat, "alipay": alipay}
