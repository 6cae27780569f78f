"""Alipay's gateway on the wire: one signed form out, one signed JSON node back.

Source: opendocs.alipay.com/common/02kf5q (requests), 02mse7 (answers), 02km9f (gateway codes)
"""

from collections.abc import Mapping
from json import JSONDecoder
from typing import Any, Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from gateway.channels import rsa
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import json_object, json_text, spaced, text, text_or_digits
from gateway.channels.plugin import Answer, Call, Moment, Reply, Request, UnknownKey, Unverifiable

GATEWAY_CODES: Final = frozenset({"20000", "20001", "40001", "40002", "40003", "40005", "40006"})
"""Refusals of the gateway itself. Who it could not verify gets them without a signature."""

_DECODER: Final = JSONDecoder()
_SPACE: Final = " \t\r\n"


def sign(call: Call, account: Account, moment: Moment) -> Request:
    """`call.query` holds public parameters beside ours, `call.body` is the biz_content.

    POST: public parameters in the address, biz_content in the form. GET: all in the address, for
    a link or an app's order string.
    """
    biz_content = json_text(call.body or {})
    params = _public(call, account, moment) | {"biz_content": biz_content}
    params["sign"] = rsa.sign(account.private_key, signed_text(params))
    form = b""
    if call.verb == "POST":
        form = _encode({"biz_content": params.pop("biz_content")}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"} if form else {}
    return Request(call.verb, f"{account.gateway_url}?{_encode(params)}", headers, form)


def sign_form(method: str, own: Mapping[str, str], account: Account, moment: Moment) -> Request:
    """A call whose own parameters stand beside the public ones, in the form."""
    public = _public(Call("POST", method), account, moment)
    public["sign"] = rsa.sign(account.private_key, signed_text({**public, **own}))
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    url = f"{account.gateway_url}?{_encode(public)}"
    return Request("POST", url, headers, _encode(own).encode())


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """The signature covers the node's text exactly as it stands in the body."""
    parts = json_object(reply.body)
    names = (node_name(call.target), "error_response")
    name = next((each for each in names if isinstance(parts.get(each), dict)), None)
    if reply.status != 200 or name is None:
        raise Unverifiable("not an answer to this call")
    if "sign" not in parts:
        if text_or_digits(parts, name, "code") in GATEWAY_CODES:
            return Answer(reply.status, parts[name], moment, signed=False)
        raise Unverifiable("the answer is not signed")
    content, signature = _raw(reply.body, name), text(parts, "sign")
    if not any(rsa.is_signed(key, content, signature) for key in _keys(parts, account)):
        raise Unverifiable("the signature is wrong")
    return Answer(reply.status, parts[name], moment)


def signed_text(params: Mapping[str, str], encoding: str = "utf-8") -> bytes:
    """`k=v&k=v` in the order of the keys, nothing URL-encoded."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params)).encode(encoding)


def _public(call: Call, account: Account, moment: Moment) -> dict[str, str]:
    params = {
        "app_id": account.app_id,
        "method": call.target,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": spaced(moment.now),
        "version": "1.0",
        "app_auth_token": account.app_auth_token,
        "app_cert_sn": account.app_cert_sn,
        "alipay_root_cert_sn": account.alipay_root_cert_sn,
        **call.query,
    }
    return {name: value for name, value in params.items() if value}


def _keys(parts: Mapping[str, Any], account: Account) -> list[RSAPublicKey]:
    """With which one of these the answer is signed; in key mode nothing in it says that."""
    if account.alipay_cert_sn is None:
        return list(account.alipay_keys.values())
    serial = _serial(parts, account.alipay_cert_sn)
    key = account.alipay_keys.get(serial)
    if key is None:
        raise UnknownKey(serial)
    return [key]


def _serial(parts: Mapping[str, Any], usual: str) -> str:
    """The certificate that the answer names; without a name it is the one that was registered."""
    return text(parts, "alipay_cert_sn") if "alipay_cert_sn" in parts else usual


def _raw(body: bytes, name: str) -> bytes:
    """A member of a JSON object (known to be one), as the text it was sent as.

    Raises:
        Unverifiable: the name stands in it twice.
    """
    raw = body.decode()
    found: list[str] = []
    at = raw.index("{")
    while raw[at] != "}":
        key, at = _DECODER.raw_decode(raw, _skip(raw, at + 1))
        start = _skip(raw, _skip(raw, at) + 1)
        _, at = _DECODER.raw_decode(raw, start)
        if key == name:
            found.append(raw[start:at])
        at = _skip(raw, at)
    if len(found) != 1:
        raise Unverifiable(f"{name} stands in the answer more than once")
    return found[0].encode()


def _skip(raw: str, at: int) -> int:
    """Where white space ends."""
    while raw[at] in _SPACE:
        at += 1
    return at


def node_name(method: str) -> str:
    return method.replace(".", "_") + "_response"


def _encode(params: Mapping[str, str]) -> str:
    return urlencode(params, quote_via=quote)
