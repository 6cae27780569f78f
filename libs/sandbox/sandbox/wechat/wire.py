"""WeChat Pay v3 on the wire: signed requests in, signed answers and error bodies out.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012365342 (signatures), 4012072670 (keys)
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answering import FailureForms
from sandbox.bodies import read_body
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.faults import Hit, swap_one_byte
from sandbox.keys import Key
from sandbox.transport import HangUp
from sandbox.wechat.account import KIND, WechatAccount
from sandbox.wechat.certificates import PlatformCertificates

SCHEME = "WECHATPAY2-SHA256-RSA2048"
CLOCK_TOLERANCE_S = 300
MAX_NONCE = 32

PUBLIC_KEY = "PUB_KEY_ID_"
SignerKind = Literal["public_key", "certificate"]
M = TypeVar("M", bound=BaseModel)

_PAIR = re.compile(r'(\w+)="([^"]*)"')
_PARTS = frozenset({"mchid", "nonce_str", "signature", "timestamp", "serial_no"})


class Refusal(Exception):
    """WeChat says no: HTTP status, code, message and, for a parameter, where it stands."""

    def __init__(
        self, status: int, code: str, message: str, detail: dict[str, Any] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, "message": message} | ({"detail": detail} if detail else {})

    def response(self, deps: Deps, asked: "Asked | None") -> Response:
        """Signed where it is known for whom; machines in between answer without."""
        body = orjson.dumps(self.body)
        headers: dict[str, str] = {}
        if asked is not None:
            signer = signer_of(asked.account, asked.signer, deps.own(PlatformCertificates))
            headers = signature_headers(signer, body)
        return Response(body, self.status, headers, media_type="application/json")


FAILURES = FailureForms(
    broken=Response("Internal Server Error", 500, media_type="text/html"),
    unsure=partial(Refusal, 500, "SYSTEM_ERROR", "系统异常，请稍后重试"),
    limited=partial(Refusal, 429, "RATELIMIT_EXCEEDED", "频率超限"),
    unsigned=Response(
        orjson.dumps({"code": "RESOURCE_NOT_EXISTS", "message": "查询的资源不存在"}),
        404,
        media_type="application/json",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified request."""

    account: WechatAccount
    body: bytes
    signer: SignerKind


@dataclass(frozen=True, slots=True)
class Signer:
    """The key an answer or notification is signed with, and the serial that names it."""

    serial: str
    key: Key


Endpoint = Callable[[Deps, Request], Awaitable[Response | HangUp]]


def refusing(endpoint: Endpoint) -> Endpoint:
    """Turn refusals raised inside into error answers."""

    async def guarded(deps: Deps, request: Request) -> Response | HangUp:
        try:
            return await endpoint(deps, request)
        except Refusal as refusal:
            return refusal.response(deps, getattr(request.state, "asked", None))

    return guarded


async def receive(deps: Deps, request: Request) -> Asked:
    """Verify headers and signature on the raw bytes; raises Refusal."""
    body = await read_body(request)
    _check_headers(request, body)
    parts = _authorization(request)
    account = deps.accounts(KIND).find(parts["mchid"])
    if account is None or parts["serial_no"] != account.serial_no:
        raise Refusal(401, "SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号")
    path = request.scope["raw_path"].decode()
    query = request.scope["query_string"].decode()
    target = f"{path}?{query}" if query else path
    text = f"{request.method}\n{target}\n{parts['timestamp']}\n{parts['nonce_str']}\n"
    if not account.key.is_signed(text.encode() + body + b"\n", parts["signature"]):
        raise Refusal(
            401,
            "SIGN_ERROR",
            "错误的签名，验签失败",
            {"field": "signature", "issue": "sign not match", "location": "authorization"},
        )
    request.state.asked = Asked(account, body, _signer_kind(deps, account, request))
    asked: Asked = request.state.asked
    return asked


def parse(model: type[M], asked: Asked) -> M:
    """The body as `model`; raises PARAM_ERROR naming the first wrong field."""
    try:
        return model.model_validate_json(asked.body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = "/" + "/".join(str(part) for part in first["loc"])
        raise parameter_error(field, f"{first['msg']}: {first['input']!s:.64}") from error


def parameter_error(field: str, issue: str, location: str = "body") -> Refusal:
    detail = {"field": field, "issue": issue, "location": location}
    return Refusal(400, "PARAM_ERROR", f"参数错误：{location}{field} {issue}", detail)


def signer_of(
    account: WechatAccount, kind: SignerKind, certificates: PlatformCertificates
) -> Signer:
    """While two platform certificates are in use they take turns."""
    if kind == "public_key":
        return Signer(account.public_key_id, account.platform_key)
    certificate = certificates.signing()
    return Signer(certificate.serial_no, certificate.key)


def signature_headers(signer: Signer, body: bytes) -> dict[str, str]:
    """The headers of a signed answer or notification."""
    timestamp, nonce = str(int(now())), secrets.token_hex(16)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": signer.key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n"),
        "Wechatpay-Serial": signer.serial,
        "Wechatpay-Signature-Type": SCHEME,
        "Request-ID": secrets.token_hex(16).upper(),
    }


def respond(
    deps: Deps, asked: Asked, hit: Hit, content: dict[str, Any] | None, status: int = 200
) -> Response:
    """A signed answer, with a member of a later release; `content` None is 204 without a body."""
    body = b"" if content is None else orjson.dumps({"of_a_later_release": {"a": [None]}} | content)
    signer = signer_of(asked.account, asked.signer, deps.own(PlatformCertificates))
    headers = signature_headers(signer, body)
    if "tamper" in hit:
        body = swap_one_byte(body)
        if not body:
            headers["Wechatpay-Nonce"] = secrets.token_hex(16)
    if content is None:
        return Response(status_code=204, headers=headers)
    return Response(body, status, headers, media_type="application/json")


def _check_headers(request: Request, body: bytes) -> None:
    headers = request.headers
    if not headers.get("user-agent") or not headers.get("accept"):
        raise Refusal(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent")
    if body and not headers.get("content-type", "").startswith("application/json"):
        raise Refusal(400, "PARAM_ERROR", "Http头Content-Type必须为application/json")


def _authorization(request: Request) -> dict[str, str]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    parts = dict(_PAIR.findall(text))
    if scheme != SCHEME or not parts.keys() >= _PARTS:
        raise Refusal(
            401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付签名规则》"
        )
    if not parts["timestamp"].isdecimal() or len(parts["nonce_str"]) > MAX_NONCE:
        raise Refusal(401, "SIGN_ERROR", "Http头Authorization中的timestamp或nonce_str不正确")
    if abs(now() - int(parts["timestamp"])) > CLOCK_TOLERANCE_S:
        message = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"
        raise Refusal(401, "SIGN_ERROR", message)
    return parts


def _signer_kind(deps: Deps, account: WechatAccount, request: Request) -> SignerKind:
    """What the merchant can verify: it says so in Wechatpay-Serial. Which certificate is looked at
    only where something is encrypted.

    Without the header: with a certificate if the merchant ever downloaded them, as WeChat does
    for merchants in the switch, and else with the public key.
    """
    serial = request.headers.get("wechatpay-serial")
    if serial == account.public_key_id:
        return "public_key"
    if serial is None:
        is_used = deps.own(PlatformCertificates).is_used_by(account.mchid)
        return "certificate" if is_used else "public_key"
    if serial.startswith(PUBLIC_KEY):
        raise Refusal(
            400, "PARAM_ERROR", "Http头Wechatpay-Serial错误，请检查平台证书序列号或公钥ID"
        )
    return "certificate"
