"""易企通 2.0 on the wire: header and body as JSON, one signature over both, in both directions.

Source: s.apifox.cn/9758ecc8. The codes of refusals are this sandbox' choice but for QT0099, 999999
and QTC0…, which are printed; so is the name of the merchant beside answers.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answering import FailureForms
from sandbox.bodies import read_body
from sandbox.clock import beijing_compact, now
from sandbox.deps import Deps
from sandbox.easy.account import KIND, EasyAccount
from sandbox.faults import Hit, swap_one_byte

SUCCESS, BUSY, BROKEN, NOT_FOUND = "000000", "QT0099", "999999", "QTC006"
BAD_SIGN, BAD_BODY, REFUSED = "QT0002", "QT0003", "QT0010"
UNKNOWN_STATE = "Z"

MAX_CLOCK_GAP_S = 15 * 60


class Refusal(Exception):
    """易生 says no: `rspCode` where the message was not taken, else `respCode`."""

    def __init__(self, code: str, message: str, *, is_of_message: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.is_of_message = is_of_message


FAILURES = FailureForms(
    broken=Response(b"", 500),
    unsure=partial(Refusal, BROKEN, "系统异常"),
    limited=partial(Refusal, BUSY, "处理中，请稍后查询"),
    unsigned=Response(
        orjson.dumps({"rspHeader": {"rspCode": NOT_FOUND, "rspInfo": "原交易不存在"}}),
        media_type="application/json",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified request."""

    account: EasyAccount
    body: Mapping[str, Any]

    def part(self, name: str) -> Mapping[str, Any]:
        part = self.body.get(name, {})
        if not isinstance(part, dict):
            raise Refusal(BAD_BODY, f"{name}格式错误", is_of_message=True)
        return part

    def text(self, part: str, field: str, limit: int, *, is_needed: bool = True) -> str:
        """Of so many bytes at most."""
        value = self.part(part).get(field, "")
        is_text = isinstance(value, str) and len(value.encode()) <= limit
        if not is_text or (is_needed and not value):
            raise Refusal(BAD_BODY, f"{field}格式错误", is_of_message=True)
        return str(value)

    def amount(self, field: str) -> int:
        """Fen, as a number."""
        value = self.part("reqOrderInfo").get(field)
        if type(value) is not int or not 1 <= value <= 10**12:
            raise Refusal(BAD_BODY, f"{field}格式错误", is_of_message=True)
        return value


async def read_message(request: Request) -> dict[str, Any]:
    """The three parts, and nothing said about them yet; raises Refusal."""
    try:
        message = orjson.loads(await read_body(request))
    except orjson.JSONDecodeError as error:
        raise Refusal(BAD_BODY, "报文格式错误", is_of_message=True) from error
    parts = ("reqHeader", "reqBody")
    if not isinstance(message, dict) or not all(isinstance(message.get(p), dict) for p in parts):
        raise Refusal(BAD_BODY, "报文格式错误", is_of_message=True)
    return message


def find_account(deps: Deps, message: Mapping[str, Any]) -> EasyAccount | None:
    merchant = message["reqBody"].get("reqInfo")
    code = merchant.get("mchtCode") if isinstance(merchant, dict) else None
    return deps.accounts(KIND).find(code) if isinstance(code, str) else None


def verify(account: EasyAccount, message: Mapping[str, Any]) -> Asked:
    """Signature first, then the header's fields; raises Refusal."""
    header, body = message["reqHeader"], message["reqBody"]
    if not account.key.is_signed(signed_text(header, body), str(message.get("reqSign", ""))):
        raise Refusal(BAD_SIGN, "验签失败", is_of_message=True)
    asks_for = {"1": account.mer_code, "2": account.org_id}
    if header.get("reqId") != asks_for.get(str(header.get("reqType"))):
        raise Refusal(REFUSED, "接入机构不正确", is_of_message=True)
    if not _is_near(header.get("transTime")):
        raise Refusal(BAD_BODY, "transTime格式错误", is_of_message=True)
    return Asked(account, body)


def signed_text(header: Mapping[str, Any], body: Mapping[str, Any]) -> bytes:
    """The header, and behind it the MD5 of the body; both with their keys in order."""
    digest = hashlib.md5(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), usedforsecurity=False)
    return orjson.dumps(header, option=orjson.OPT_SORT_KEYS) + digest.hexdigest().upper().encode()


def respond(
    account: EasyAccount, state: tuple[str, str], order: Mapping[str, Any], hit: Hit
) -> Response:
    """`state` is `transState` with its words."""
    body = _body(account, (SUCCESS, "成功"), state, order)
    return _answer(account, (SUCCESS, "成功"), body, hit)


def refuse(account: EasyAccount, refusal: Refusal) -> Response:
    """A refusal is signed too, so that it can be believed."""
    words = (refusal.code, refusal.message)
    if refusal.is_of_message:
        return _answer(account, words, {}, Hit())
    return _answer(account, (SUCCESS, "成功"), _body(account, words, ("", ""), {}), Hit())


def refuse_unsigned(refusal: Refusal) -> Response:
    """For whom we know no key."""
    content = {"rspHeader": {"rspCode": refusal.code, "rspInfo": refusal.message}}
    return Response(orjson.dumps(content), media_type="application/json")


def notification(
    account: EasyAccount, state: tuple[str, str], order: Mapping[str, Any], hit: Hit
) -> bytes:
    """What is posted to a merchant."""
    header = {"transTime": beijing_compact(now()), "reqId": account.org_id, "reqType": "2"}
    body = _body(account, (SUCCESS, "成功"), state, order)
    return _sealed(account, ("reqHeader", "reqBody", "reqSign"), header, body, hit)


def _body(
    account: EasyAccount, words: tuple[str, str], state: tuple[str, str], order: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "reqInfo": {"mchtCode": account.mer_code},
        "respStateInfo": {
            "respCode": words[0],
            "respDesc": words[1],
            "transState": state[0],
            "transStatusDesc": state[1],
            "appendRetCode": "",
            "appendRetMsg": None,
        },
        "respOrderInfo": {**order, "ofALaterRelease": {"b": [1, {"a": "/é"}], "a": {}}},
    }


def _answer(
    account: EasyAccount, words: tuple[str, str], body: Mapping[str, Any], hit: Hit
) -> Response:
    header = {"rspInfo": words[1], "rspCode": words[0]}
    content = _sealed(account, ("rspHeader", "rspBody", "rspSign"), header, body, hit)
    return Response(content, media_type="application/json;charset=UTF-8")


def _sealed(
    account: EasyAccount,
    names: tuple[str, str, str],
    header: Mapping[str, Any],
    body: Mapping[str, Any],
    hit: Hit,
) -> bytes:
    """Untidy as in life: what is sent is indented, and not in the order that is signed."""
    sign = account.easypay_key.sign(signed_text(header, body))
    if "tamper" in hit:
        sign = swap_one_byte(sign.encode()).decode()
    content = {names[2]: sign, names[1]: dict(body), names[0]: dict(header)}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2)


def _is_near(moment: object) -> bool:
    """Beijing time, to the second."""
    if not isinstance(moment, str) or len(moment) != 14 or not moment.isdecimal():
        return False
    return (
        beijing_compact(now() - MAX_CLOCK_GAP_S)
        <= moment
        <= beijing_compact(now() + MAX_CLOCK_GAP_S)
    )
