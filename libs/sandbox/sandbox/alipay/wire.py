"""Alipay's gateway on the wire: one signed form in, one signed JSON node out.

Sources: opendocs.alipay.com/common/02kf5q (signing), common/057k53 (certificates),
common/02km9f (gateway codes)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sandbox.alipay.account import KIND, AlipayAccount
from sandbox.answering import FailureForms
from sandbox.bodies import read_body
from sandbox.clock import DAY_S, now, read_beijing_text
from sandbox.deps import Deps
from sandbox.faults import Hit, swap_one_byte

CLOCK_TOLERANCE_S = DAY_S  # generous: widely used SDKs send local time instead of Beijing time
MAX_FIELDS = 64
MEDIA_TYPE = "text/html;charset=utf-8"  # Alipay's own header, though the body is JSON

_NEEDED = {
    "app_id": "isv.missing-app-id",
    "method": "isv.missing-method",
    "charset": "isv.missing-charset",
    "sign_type": "isv.missing-signature-type",
    "sign": "isv.missing-signature",
    "timestamp": "isv.missing-timestamp",
    "version": "isv.missing-version",
}


class Refusal(Exception):
    """Alipay says no: gateway code and sub code."""

    def __init__(self, code: str, sub_code: str, sub_msg: str) -> None:
        super().__init__(sub_code)
        self.node = {
            "code": code,
            "msg": _MESSAGES[code],
            "sub_code": sub_code,
            "sub_msg": sub_msg,
        }


_MESSAGES = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40003": "Insufficient Conditions",
    "40004": "Business Failed",
    "40005": "Call Limited",
    "40006": "Insufficient Permissions",
}


def refused(sub_code: str, sub_msg: str) -> Refusal:
    """A business refusal, 40004."""
    return Refusal("40004", f"ACQ.{sub_code}", sub_msg)


FAILURES = FailureForms(
    broken=Response("Internal Server Error", 500, media_type="text/html"),
    unsure=partial(refused, "SYSTEM_ERROR", "系统繁忙"),
    limited=partial(Refusal, "40005", "isv.app-call-limited", "应用调用次数超限"),
    unsigned=Response(
        orjson.dumps(
            {
                "error_response": {
                    "code": "40002",
                    "msg": _MESSAGES["40002"],
                    "sub_code": "isv.invalid-signature",
                    "sub_msg": "验签出错",
                }
            }
        ),
        media_type=MEDIA_TYPE,
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified request; `biz` is the parsed biz_content."""

    account: AlipayAccount
    method: str
    params: Mapping[str, str]
    biz: dict[str, Any]

    @property
    def node_name(self) -> str:
        return self.method.replace(".", "_") + "_response"

    @property
    def is_by_certificate(self) -> bool:
        return "app_cert_sn" in self.params

    def text(self, field: str, limit: int) -> str:
        """An optional text field; raises ACQ.INVALID_PARAMETER for anything else or too long."""
        value = self.biz.get(field)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > limit:
            raise refused("INVALID_PARAMETER", f"参数无效：{field}")
        return value


async def read_params(request: Request) -> dict[str, str]:
    """Query and form together, as the gateway takes them."""
    sent = (request.scope["query_string"], await read_body(request))
    text = b"&".join(part for part in sent if part).decode(errors="replace")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise HTTPException(400) from error


def verify(deps: Deps, params: Mapping[str, str]) -> Asked:
    """Check the public parameters and the signature; raises Refusal."""
    for name, sub_code in _NEEDED.items():
        if not params.get(name):
            raise Refusal("40001", sub_code, f"缺少参数 {name}")
    account = deps.accounts(KIND).find(params["app_id"])
    if account is None:
        raise Refusal("40002", "isv.invalid-app-id", "无效的AppID参数")
    if params["sign_type"] != "RSA2":
        raise Refusal("40002", "isv.invalid-signature-type", "无效的签名类型")
    if not account.key.is_signed(signed_text(params, {"sign"}), params["sign"]):
        raise Refusal("40002", "isv.invalid-signature", "验签出错，请确认charset、参数顺序与私钥")
    _check_public(params)
    _check_certificates(account, params)
    return Asked(account, params["method"], params, _read_biz(params))


def signed_text(params: Mapping[str, str], without: set[str]) -> bytes:
    """`k=v&k=v` in the order of keys, empty values left out, nothing URL-encoded."""
    pairs = [f"{k}={v}" for k, v in sorted(params.items()) if v and k not in without]
    return "&".join(pairs).encode()


def respond(
    asked: Asked, node: Mapping[str, Any], hit: Hit, *, name: str = "", is_bare: bool = False
) -> Response:
    """A signed answer: the signature covers the node's bytes as they stand, with slashes escaped,
    empty fields and some of a later release. `is_bare`: a success that has no code; `name`: of the
    node, where it is not the method's own."""
    success = {} if is_bare else {"code": "10000", "msg": "Success"}
    more = {"of_a_later_release": "?", "store_name": ""} if node else {}
    content = orjson.dumps(success | more | dict(node)).replace(b"/", rb"\/")
    signature = asked.account.alipay_key.sign(content)
    if "tamper" in hit:
        content = swap_one_byte(content)
    certificate = (
        f',"alipay_cert_sn":"{asked.account.alipay_cert_sn}"' if asked.is_by_certificate else ""
    )
    body = b'{"%s":%s%s,"sign":"%s"}' % (
        (name or asked.node_name).encode(), content, certificate.encode(), signature.encode(),
    )  # fmt: skip
    return Response(body, media_type=MEDIA_TYPE)


def refuse_unsigned(params: Mapping[str, str], refusal: Refusal) -> Response:
    """Who could not be verified gets an answer without a signature."""
    method = params.get("method", "")
    name = f"{method.replace('.', '_')}_response" if method else "error_response"
    return Response(orjson.dumps({name: refusal.node}), media_type=MEDIA_TYPE)


def _check_public(params: Mapping[str, str]) -> None:
    if params["charset"].lower() not in ("utf-8", "utf8"):
        raise Refusal("40002", "isv.invalid-charset", "字符集错误")
    if params["version"] != "1.0":
        raise Refusal("40002", "isv.invalid-version", "无效的版本参数")
    if params.get("format", "JSON").upper() != "JSON":
        raise Refusal("40002", "isv.invalid-format", "无效的数据格式")
    try:
        skew_s = abs(now() - read_beijing_text(params["timestamp"]))
    except ValueError:
        skew_s = float("inf")
    if skew_s > CLOCK_TOLERANCE_S:
        raise Refusal("40002", "isv.invalid-timestamp", "非法的时间戳参数")


def _check_certificates(account: AlipayAccount, params: Mapping[str, str]) -> None:
    app_sn, root_sn = params.get("app_cert_sn"), params.get("alipay_root_cert_sn")
    if app_sn is None and root_sn is None:
        return
    if app_sn != account.app_cert_sn:
        raise Refusal("40002", "isv.invalid-app-cert-sn", "应用公钥证书SN不匹配")
    if root_sn != account.alipay_root_cert_sn:
        raise Refusal("40002", "isv.invalid-alipay-root-cert-sn", "支付宝根证书SN不匹配")


def _read_biz(params: Mapping[str, str]) -> dict[str, Any]:
    try:
        biz = orjson.loads(params.get("biz_content") or "{}")
    except orjson.JSONDecodeError as error:
        raise Refusal("40002", "isv.invalid-parameter", "biz_content不是JSON") from error
    if not isinstance(biz, dict):
        raise Refusal("40002", "isv.invalid-parameter", "biz_content不是JSON对象")
    return biz
