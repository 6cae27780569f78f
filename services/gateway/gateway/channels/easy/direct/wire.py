"""易企通 2.0 on the wire: a header and a body of JSON, signed together (RSA2).

Signed is the header as canonical JSON, followed by the MD5 of the body's, in capital hex.

Source: s.apifox.cn/9758ecc8 (签名规则)
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.channels import rsa
from gateway.channels.easy.credentials import Account
from gateway.channels.formats import compact, json_object, json_text, text, text_or_digits
from gateway.channels.plugin import Answer, Call, Moment, Reply, Request, Unverifiable

NATIVE_PATH: Final = "/trade/native"
JSAPI_PATH: Final = "/trade/jsapi"
QUERY_PATH: Final = "/trade/tradeQuery"
REFUND_PATH: Final = "/trade/refund/apply"

MERCHANT, INSTITUTION = "1", "2"
SUCCESS: Final = "000000"


def sign(call: Call, account: Account, moment: Moment) -> Request:
    body = dict(call.body or {})
    is_own = account.requester == "merchant"
    header = {
        "transTime": compact(moment.now),
        "reqId": account.mer_code if is_own else account.org_id,
        "reqType": MERCHANT if is_own else INSTITUTION,
    }
    if account.certificate_id:
        header["certificateId"] = account.certificate_id
    signature = rsa.sign(account.private_key, signed_text(header, body))
    return Request(
        "POST",
        account.base_url + call.target,
        {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"},
        json_text({"reqHeader": header, "reqBody": body, "reqSign": signature}).encode(),
    )


def verify(reply: Reply, call: Call, account: Account, moment: Moment) -> Answer:
    """A refusal may come without a signature; a yes may not."""
    content = json_object(reply.body)
    if reply.status != 200:
        raise Unverifiable("not an answer to this call")
    code = text(content, "rspHeader", "rspCode")
    if not code:
        raise Unverifiable("no rspCode")
    if not text(content, "rspSign") and code != SUCCESS:
        return Answer(reply.status, content, moment, signed=False)
    check_signature(content, ("rspHeader", "rspBody", "rspSign"), account)
    return Answer(reply.status, content, moment)


def check_signature(
    content: Mapping[str, Any], names: tuple[str, str, str], account: Account
) -> None:
    """Raises Unverifiable unless 易生 signed this header and body, and they are this merchant's."""
    header, body = (content.get(name) for name in names[:2])
    if not isinstance(header, dict) or not isinstance(body, dict):
        raise Unverifiable("no header or no body")
    signed, signature = signed_text(header, body), text(content, names[2])
    if not any(rsa.is_signed(key, signed, signature) for key in account.easypay_keys):
        raise Unverifiable("the signature is wrong")
    if text_or_digits(body, "reqInfo", "mchtCode") not in ("", account.mer_code):
        raise Unverifiable("the answer is for another merchant")


def signed_text(header: Mapping[str, Any], body: Mapping[str, Any]) -> bytes:
    """Keys in order at every depth, no white space, neither letters nor `/` escaped."""
    digest = hashlib.md5(_canonical(body), usedforsecurity=False).hexdigest().upper()
    return _canonical(header) + digest.encode()


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
