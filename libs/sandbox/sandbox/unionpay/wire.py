"""UnionPay on the wire: forms come in, `k=v&k=v` text goes out, both hashed and signed.

Source: open.unionpay.com (acpAPIId=901, 签名机制 5.1.0)
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from sandbox.answering import FailureForms
from sandbox.bodies import read_body
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.unionpay.account import KIND, UnionpayAccount

SUCCESS, UNDER_WAY, BROKEN, BAD_FORM, BAD_SIGN, DUPLICATE = "00", "05", "01", "10", "11", "12"
NOT_FOUND, NOT_POSSIBLE, TOO_MUCH = "34", "35", "36"
CHARGED_LATE, REFUSED, ISSUER_BUSY = "42", "64", "83"
NO_FILE = "98"
PAYMENT, REFUND, UNDO, REVERSAL, QUERY = "01", "04", "31", "99", "00"
"""txnType."""

UNKNOWN_CODE = "Z9"
YUAN = "156"

_ORDER_ID = re.compile(r"[0-9A-Za-z]{8,40}", re.ASCII)
_TIME = re.compile(r"\d{14}", re.ASCII)
_AMOUNT = re.compile(r"[1-9]\d{0,11}", re.ASCII)
_COMMON = ("bizType", "txnType", "txnSubType", "orderId", "txnTime", "reqReserved", "encoding")


class Refusal(Exception):
    """UnionPay says no: respCode, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


FAILURES = FailureForms(
    broken=Response(b"", 500),
    unsure=partial(Refusal, BROKEN, "交易失败，详情请咨询95516"),
    limited=partial(Refusal, "02", "系统未开放或暂时关闭，请稍后再试"),
    unsigned=Response(f"respCode={NOT_FOUND}&respMsg=查无此交易".encode()),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified request."""

    account: UnionpayAccount
    fields: Mapping[str, str]

    @property
    def number(self) -> str:
        return self.fields["orderId"]

    def text(self, field: str, limit_bytes: int, *, is_needed: bool = False) -> str:
        value = self.fields.get(field, "")
        if len(value.encode()) > limit_bytes or (is_needed and not value):
            raise Refusal(BAD_FORM, f"报文格式错误[{field}]")
        return value

    def amount(self) -> int:
        text = self.text("txnAmt", 12, is_needed=True)
        if not _AMOUNT.fullmatch(text) or self.text("currencyCode", 3) not in ("", YUAN):
            raise Refusal(BAD_FORM, "报文格式错误[txnAmt]")
        return int(text)


async def read_form(request: Request) -> dict[str, str]:
    try:
        pairs = parse_qsl((await read_body(request)).decode("ascii"), strict_parsing=True)
    except ValueError as error:
        raise Refusal(BAD_FORM, "报文格式错误") from error
    return dict(pairs)


def verify(deps: Deps, fields: Mapping[str, str]) -> Asked:
    """Signature first, then the fields; raises Refusal, unsigned where the merchant is unknown."""
    account = deps.accounts(KIND).find(fields.get("merId", ""))
    if account is None:
        raise Refusal("31", "商户状态不正确")
    if fields.get("certId") != account.cert_id or not account.key.is_signed(
        signed_text(fields), fields.get("signature", "")
    ):
        raise Refusal(BAD_SIGN, "验证签名失败")
    needed = {"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "accessType": "0"}
    for name, value in needed.items():
        if fields.get(name) != value:
            raise Refusal(BAD_FORM, f"报文格式错误[{name}]")
    return Asked(account, fields)


def check_key(asked: Asked) -> None:
    """orderId and txnTime, which name a transaction."""
    if not _ORDER_ID.fullmatch(asked.fields.get("orderId", "")):
        raise Refusal(BAD_FORM, "报文格式错误[orderId]")
    if not _TIME.fullmatch(asked.fields.get("txnTime", "")):
        raise Refusal(BAD_FORM, "报文格式错误[txnTime]")


def signed_text(fields: Mapping[str, str]) -> bytes:
    """SHA-256 as lower-case hex of the sorted fields; empty ones and `signature` left out."""
    pairs = [f"{k}={v}" for k, v in sorted(fields.items()) if k != "signature" and v != ""]
    return hashlib.sha256("&".join(pairs).encode()).hexdigest().encode()


def respond(asked: Asked, fields: Mapping[str, str], hit: Hit) -> Response:
    """respCode 00, signed; values stand as they are."""
    common = {name: asked.fields[name] for name in _COMMON if name in asked.fields}
    members = {**common, "respCode": SUCCESS, "respMsg": "成功[0000000]", **fields}
    return _plain(seal(asked.account, members, hit))


def refuse(account: UnionpayAccount | None, refusal: Refusal) -> Response:
    """Signed, so that it can be believed; for whom we know no merchant, not."""
    members = {"respCode": refusal.code, "respMsg": f"{refusal.message}[{refusal.code}00000]"}
    return _plain(seal(account, members, Hit()) if account else members)


def seal(account: UnionpayAccount, fields: Mapping[str, str], hit: Hit) -> dict[str, str]:
    """With the certificate, empty fields and some of a later release, as the real ones come."""
    members = {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "accessType": "0",
        "merId": account.mer_id,
        "payCardNo": "",
        "ofALaterRelease": "{a=1&b=2}",
        **fields,
        "signPubKeyCert": account.signer_cert_pem.replace("\n", "\r\n"),
    }
    members["signature"] = account.unionpay_key.sign(signed_text(members))
    if "tamper" in hit:
        text = members["respMsg"]
        members["respMsg"] = f"{text[:-2]}{chr(ord(text[-2]) ^ 1)}{text[-1]}"
    return members


def as_form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()


def _plain(fields: Mapping[str, str]) -> Response:
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    return Response(body.encode(), media_type="text/html;charset=UTF-8")
