"""易生 云易收 on the wire: a JSON envelope whose bizData is signed, both ways.

Source: apifox.com/apidoc/docs-site/2466304. That the signature covers bizData alone is inferred
from the same company's refund API and 易企通 1.0; see the README.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answering import FailureForms
from sandbox.bodies import read_body
from sandbox.clock import BEIJING
from sandbox.deps import Deps
from sandbox.easy.account import KIND, EasyAccount
from sandbox.faults import Hit, swap_one_byte

PRODUCT = "ISYH"
SUCCESS, FAILED, NOT_FOUND, PROCESSING = "00", "06", "07", "99"
BAD_SIGN, BAD_BODY = "20", "21"
UNKNOWN_CODE = "Z9"

_TRACE_TAIL = re.compile(r"\d{20}", re.ASCII)
_AMOUNT = re.compile(r"[1-9]\d{0,11}", re.ASCII)


class Refusal(Exception):
    """易生 says no: the last two characters of sysRetCode, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


FAILURES = FailureForms(
    broken=Response(b"", 500),
    unsure=partial(Refusal, "XX", "系统异常"),
    limited=partial(Refusal, "11", "系统繁忙"),
    unsigned=Response(
        orjson.dumps({"sysRetCode": f"0000{NOT_FOUND}", "sysRetMsg": "原交易不存在"}),
        media_type="application/json",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified request."""

    account: EasyAccount
    envelope: Mapping[str, Any]
    biz: Mapping[str, Any]

    @property
    def trace(self) -> str:
        return str(self.envelope["orgTrace"])

    @property
    def info(self) -> str:
        """orgInfo: the free field, where merchants put a number of their own."""
        return str(self.envelope.get("orgInfo") or self.trace)

    def text(self, field: str, limit: int, *, is_needed: bool = False) -> str:
        value = self.biz.get(field, "")
        if not isinstance(value, str) or len(value) > limit or (is_needed and not value):
            raise Refusal(BAD_BODY, f"{field}格式错误")
        return value

    def amount(self) -> int:
        """transAmt: fen, as text."""
        text = self.text("transAmt", 12, is_needed=True)
        if not _AMOUNT.fullmatch(text):
            raise Refusal(BAD_BODY, "transAmt格式错误")
        return int(text)


async def read_envelope(request: Request) -> dict[str, Any]:
    """The body as JSON object, and nothing said about it yet; raises Refusal."""
    try:
        envelope = orjson.loads(await read_body(request))
    except orjson.JSONDecodeError as error:
        raise Refusal(BAD_BODY, "报文格式错误") from error
    if not isinstance(envelope, dict) or not isinstance(envelope.get("bizData"), dict):
        raise Refusal(BAD_BODY, "报文格式错误")
    return envelope


def find_account(deps: Deps, envelope: Mapping[str, Any]) -> EasyAccount | None:
    """The cashier spells orgMerCode, the refund API orgMercode."""
    merchant = envelope.get("orgMerCode") or envelope.get("orgMercode")
    return deps.accounts(KIND).find(merchant) if isinstance(merchant, str) else None


def verify(account: EasyAccount, envelope: Mapping[str, Any]) -> Asked:
    """Signature first, then the envelope's fields; raises Refusal."""
    biz = envelope["bizData"]
    if envelope.get("signType") != "RSA2":
        raise Refusal(BAD_SIGN, "signType须为RSA2")
    if not account.key.is_signed(signed_text(biz), str(envelope.get("sign", ""))):
        raise Refusal(BAD_SIGN, "验签失败")
    terminal = envelope.get("orgTermNo") or envelope.get("orgTermno")
    if envelope.get("orgId") != account.org_id or terminal != account.term_no:
        raise Refusal(FAILED, "机构号或终端号不正确")
    if envelope.get("prodCode") != PRODUCT:
        raise Refusal(BAD_BODY, "prodCode须为ISYH")
    if not _is_trace(account, envelope.get("orgTrace")):
        raise Refusal(BAD_BODY, "orgTrace格式错误")
    return Asked(account, envelope, biz)


def signed_text(biz: Mapping[str, Any]) -> bytes:
    """Sorted `k=v&k=v`; empty values and `sign` left out, nested values as their JSON text."""
    pairs = [
        f"{key}={value if isinstance(value, str) else orjson.dumps(value).decode()}"
        for key, value in sorted(biz.items())
        if key != "sign" and value not in ("", None)
    ]
    return "&".join(pairs).encode()


def respond(
    account: EasyAccount, asked_with: Mapping[str, Any], biz: Mapping[str, str], hit: Hit
) -> Response:
    """sysRetCode 000000 with a signed bizData."""
    return _answer(account, asked_with, (SUCCESS, "成功"), biz, hit)


def refuse(account: EasyAccount, asked_with: Mapping[str, Any], refusal: Refusal) -> Response:
    """A refusal is signed too, so that it can be believed."""
    biz = {"tradeRetCode": refusal.code, "tradeRetMsg": refusal.message}
    return _answer(account, asked_with, (refusal.code, refusal.message), biz, Hit())


def refuse_unsigned(refusal: Refusal) -> Response:
    """For whom we know no key."""
    content = {"sysRetCode": f"0000{refusal.code}", "sysRetMsg": refusal.message}
    return Response(orjson.dumps(content), media_type="application/json")


def seal(
    account: EasyAccount, envelope: Mapping[str, Any], biz: Mapping[str, str], hit: Hit
) -> bytes:
    """The envelope around a signed bizData, as bytes."""
    sign = account.easypay_key.sign(signed_text(biz))
    fields = dict(biz)
    if "tamper" in hit:
        field = max(fields)
        fields[field] = swap_one_byte(fields[field].encode()).decode()
    content = dict(envelope) | {"signType": "RSA2", "sign": sign, "bizData": fields}
    return orjson.dumps(content)


def _answer(
    account: EasyAccount,
    asked_with: Mapping[str, Any],
    outcome: tuple[str, str],
    biz: Mapping[str, str],
    hit: Hit,
) -> Response:
    names = (
        "orgId", "orgMerCode", "orgMercode", "orgTermNo", "orgTermno", "orgTrace", "orgInfo",
        "prodCode",
    )  # fmt: skip
    envelope = {name: asked_with[name] for name in names if name in asked_with}
    envelope |= {"sysRetCode": f"0000{outcome[0]}", "sysRetMsg": outcome[1]}
    return Response(seal(account, envelope, biz, hit), media_type="application/json")


def _is_trace(account: EasyAccount, trace: object) -> bool:
    """28 characters: orgId's first and last four, the Beijing time, six digits of one's own."""
    if not isinstance(trace, str) or len(trace) != 28:
        return False
    if trace[:8] != account.org_id[:4] + account.org_id[-4:]:
        return False
    try:
        datetime.strptime(trace[8:22], "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return False
    return _TRACE_TAIL.fullmatch(trace[8:]) is not None
