"""易企通 2.0 orders: a code or the parameters of WeChat's bridge, queried, never closed by call.

Source: s.apifox.cn/9758ecc8 (trade/native, trade/jsapi, trade/tradeQuery); `payerId`, `wxSubAppid`,
`wxWcPayData` and `timeEnd` as in 易企通 1.0. How long an order lives is not printed.
"""

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

import orjson

from sandbox.answering import Done
from sandbox.clock import beijing_compact, now
from sandbox.deps import Deps
from sandbox.easy.account import CHANNEL
from sandbox.easy.direct.wire import (
    BAD_BODY,
    MAX_CLOCK_GAP_S,
    NOT_FOUND,
    REFUSED,
    UNKNOWN_STATE,
    Asked,
    Refusal,
    respond,
)
from sandbox.faults import Hit
from sandbox.truth import Refund, Trade

PAGE = "/easy/code"
LIFE_S = 7_200
SUBJECT_BYTES = 127
NATIVE_TYPES = {"WeChatNative": "WECHAT", "AliPayNative": "ALIPAY", "UnionPayNative": "UNIONPAY"}
JSAPI_TYPES = {"WeChatJsapi": "WECHAT", "WeChatMiniApp": "WECHAT"}
STATES = {"created": ("9", "待支付"), "paid": ("0", "交易成功"), "closed": ("C", "交易已关闭")}
REFUND_STATES = {
    "processing": ("9", "退款处理中"),
    "succeeded": ("2", "退款成功"),
    "failed": ("X", "退款失败"),
    "abnormal": ("E", "退款异常"),
}
WAITS = STATES["created"]

_TRACE = re.compile(r"[0-9A-Za-z]{8,32}", re.ASCII)


def create_native(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/trade/native."""
    return _create(deps, asked, NATIVE_TYPES, hit)


def create_jsapi(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/trade/jsapi: the payer is known already."""
    asked.text("payInfo", "payerId", 128)
    return _create(deps, asked, JSAPI_TYPES, hit)


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/trade/tradeQuery, of payments and refunds alike."""
    number = asked.text("reqOrderInfo", "oriOrgTrace", 32)
    day = asked.text("reqOrderInfo", "oriTransDate", 8)
    merchant = asked.account.mer_code
    refund = deps.truth.find_refund(CHANNEL, merchant, number)
    if refund is not None and refund.details.get("day") == day:
        state, members = REFUND_STATES[refund.state], _refund_members(refund, hit)
    else:
        trade = get_original(deps, asked)
        state, members = STATES[trade.state], members_of(trade, hit)
    if "unknown_status" in hit:
        state = (UNKNOWN_STATE, "未知状态")
    return Done(respond(asked.account, state, members, hit))


def get_original(deps: Deps, asked: Asked) -> Trade:
    """By oriOrgTrace, with the day of the order; raises Refusal."""
    number = asked.text("reqOrderInfo", "oriOrgTrace", 32)
    day = asked.text("reqOrderInfo", "oriTransDate", 8)
    trade = deps.truth.find_trade(CHANNEL, asked.account.mer_code, number)
    if trade is None or trade.details.get("day") != day:
        raise Refusal(NOT_FOUND, "原交易不存在")
    return trade


def members_of(trade: Trade, hit: Hit) -> dict[str, Any]:
    """What queries and notifications tell of a payment."""
    members: dict[str, Any] = {
        "orgTrace": trade.number,
        "outTrace": trade.channel_trade_no,
        "transAmount": trade.taken + ("wrong_amount" in hit),
        "pcTrace": None,
    }
    if trade.paid_at is not None:
        members |= {"timeEnd": beijing_compact(trade.paid_at), "payerId": trade.details["payer_id"]}
    return members


def _refund_members(refund: Refund, hit: Hit) -> dict[str, Any]:
    members: dict[str, Any] = {
        "orgTrace": refund.number,
        "outTrace": refund.channel_refund_no,
        "transAmount": refund.amount + ("wrong_amount" in hit),
    }
    if refund.finished_at is not None:
        members["timeEnd"] = beijing_compact(refund.finished_at)
    return members


def _create(deps: Deps, asked: Asked, types: dict[str, str], hit: Hit) -> Done:
    wallet = types.get(asked.text("payInfo", "payType", 32))
    if wallet is None:
        raise Refusal(BAD_BODY, "payType格式错误", is_of_message=True)
    fingerprint = _fingerprint(asked)
    number = asked.text("reqOrderInfo", "orgTrace", 32)
    trade = deps.truth.find_trade(CHANNEL, asked.account.mer_code, number)
    if trade is None:
        trade = _open(deps, asked, number, wallet, fingerprint)
    elif trade.fingerprint != fingerprint or trade.state != "created":
        raise Refusal(REFUSED, "机构流水号重复")
    members = {"orgTrace": number, "transAmount": trade.amount, **_calling(deps, asked, trade)}
    state = (UNKNOWN_STATE, "未知状态") if "unknown_status" in hit else WAITS
    return Done(respond(asked.account, state, members, hit), trade)


def _calling(deps: Deps, asked: Asked, trade: Trade) -> dict[str, Any]:
    pay_type = asked.text("payInfo", "payType", 32)
    if pay_type in JSAPI_TYPES:
        params = {
            "appId": asked.text("payInfo", "wxSubAppid", 32, is_needed=False) or "wx00000000easy",
            "timeStamp": str(int(trade.created_at)),
            "nonceStr": str(trade.token),
            "package": f"prepay_id=wx{trade.token}",
            "signType": "RSA",
            "paySign": secrets.token_urlsafe(64),
        }
        return {"wxWcPayData": orjson.dumps(params).decode()}
    if pay_type == "WeChatNative":
        return {"qrCode": f"weixin://wxpay/bizpayurl?pr={trade.token}"}
    return {"qrCode": f"{deps.public_url}{PAGE}?t={trade.token}"}


def _open(deps: Deps, asked: Asked, number: str, wallet: str, fingerprint: str) -> Trade:
    if not _TRACE.fullmatch(number):
        raise Refusal(BAD_BODY, "orgTrace格式错误", is_of_message=True)
    at = now()
    day = _today(asked, at)
    trade = Trade(
        channel=CHANNEL,
        merchant=asked.account.mer_code,
        number=number,
        payment_no=number,
        channel_trade_no=f"EQ{beijing_compact(at)}{secrets.randbelow(10**12):012d}",
        product="direct",
        amount=asked.amount("transAmount"),
        subject=asked.text("reqOrderInfo", "orderSub", SUBJECT_BYTES),
        notify_url=_notify_url(asked),
        fingerprint=fingerprint,
        created_at=at,
        closes_at=at + LIFE_S,
        token=secrets.token_hex(16),
        details={
            "day": day,
            "pay_func": wallet,
            "payer_id": asked.text("payInfo", "payerId", 128, is_needed=False)
            or f"o{secrets.token_hex(13)}",
            "customer_ip": asked.text("riskData", "customerIp", 64),
        },
    )
    deps.truth.add_trade(trade)
    return trade


def _today(asked: Asked, at: float) -> str:
    """Of the order: the day that it is, and around midnight the one next to it."""
    day = asked.text("payInfo", "transDate", 8)
    if day not in {beijing_compact(at + gap)[:8] for gap in (-MAX_CLOCK_GAP_S, MAX_CLOCK_GAP_S)}:
        raise Refusal(BAD_BODY, "transDate格式错误", is_of_message=True)
    return day


def _fingerprint(asked: Asked) -> str:
    return hashlib.sha256(orjson.dumps(asked.body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _notify_url(asked: Asked) -> str:
    url = asked.text("reqOrderInfo", "backUrl", 512)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal(BAD_BODY, "backUrl格式错误", is_of_message=True)
    return url
