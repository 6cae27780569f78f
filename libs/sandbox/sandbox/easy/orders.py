"""云易收 orders: opened with a redirect to the hosted cashier, queried, never closed by call.

Source: apifox.com/apidoc/docs-site/2466304, api-75893637 (H5), 69618570 (mini-program),
75895603 (query)
"""

import hashlib
import secrets
from urllib.parse import quote, urlsplit

import orjson

from sandbox.answering import Done
from sandbox.clock import beijing_compact, now
from sandbox.deps import Deps
from sandbox.easy.account import CHANNEL, EasyAccount
from sandbox.easy.wire import (
    BAD_BODY,
    FAILED,
    NOT_FOUND,
    PROCESSING,
    PRODUCT,
    SUCCESS,
    UNKNOWN_CODE,
    Asked,
    Refusal,
    respond,
)
from sandbox.faults import Hit
from sandbox.truth import Trade

CASHIER_PAGE = "/cashier/index.html"
DEFAULT_LIFE_S = 1800
MAX_LIFE_S = 30 * 86_400
STATE_CODES = {
    "created": (PROCESSING, "等待支付"),
    "paid": (SUCCESS, "交易成功"),
    "closed": (FAILED, "订单已超时关闭"),
}


def create_h5(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/cashier/apply/advancePay and advancePaySpecial."""
    return _create(deps, asked, "h5", hit)


def create_mini(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/cashier/sAppApply/advancePay and advancePaySpecial: the payer is known already."""
    asked.text("openId", 128, is_needed=True)
    return _create(deps, asked, "sApp", hit)


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/cashier/trade/query."""
    trade = get_original(deps, asked)
    code, message = STATE_CODES[trade.state]
    biz = {
        "oriOrgTrace": trade.number,
        "oriBizDate": trade.number[8:16],
        "oriBizTime": trade.number[16:22],
        "oriProdCode": PRODUCT,
        "tradeRetCode": UNKNOWN_CODE if "unknown_status" in hit else code,
        "tradeRetMsg": message,
    }
    if trade.state == "paid":
        biz |= paid_members(trade) | {"tradeAmt": str(trade.taken + ("wrong_amount" in hit))}
    content = {**asked.envelope, "orgInfo": trade.details["org_info"]}
    return Done(respond(asked.account, content, biz, hit))


def get_original(deps: Deps, asked: Asked) -> Trade:
    """By oriOrgTrace or oriOutTrace, with the day of the order; raises Refusal."""
    trace, out_trace = asked.text("oriOrgTrace", 28), asked.text("oriOutTrace", 32)
    day = asked.text("oriBizDate", 8, is_needed=True)
    merchant = asked.account.mer_code
    if trace:
        trade = deps.truth.find_trade(CHANNEL, merchant, trace)
    else:
        trade = deps.truth.find_trade_by_channel_number(CHANNEL, merchant, out_trace)
    if trade is None or trade.number[8:16] != day:
        raise Refusal(NOT_FOUND, "原交易不存在")
    return trade


def paid_members(trade: Trade) -> dict[str, str]:
    """What queries and notifications tell of a payment."""
    compact = beijing_compact(trade.paid_at or trade.created_at)
    return {
        "outTrace": trade.channel_trade_no,
        "pcTrace": trade.details["pc_trace"],
        "stlmDate": compact[:8],
        "payerId": trade.details["payer_id"],
        "payFunc": trade.details.get("pay_func", "WECHAT"),
        "ofALaterRelease": "?",
    }


def _create(deps: Deps, asked: Asked, product: str, hit: Hit) -> Done:
    fingerprint = _fingerprint(asked, product)
    trade = deps.truth.find_trade(CHANNEL, asked.account.mer_code, asked.trace)
    if trade is None:
        trade = _open(deps, asked, product, fingerprint)
    elif trade.fingerprint != fingerprint or trade.state != "created":
        raise Refusal(FAILED, "机构流水号重复")
    biz = {
        "redirectUrl": _cashier_url(deps, trade),
        "tradeRetCode": UNKNOWN_CODE if "unknown_status" in hit else SUCCESS,
        "tradeRetMsg": "成功",
    }
    return Done(respond(asked.account, asked.envelope, biz, hit), trade)


def _open(deps: Deps, asked: Asked, product: str, fingerprint: str) -> Trade:
    at = now()
    trade = Trade(
        channel=CHANNEL,
        merchant=asked.account.mer_code,
        number=asked.trace,
        payment_no=asked.info,
        channel_trade_no=f"EP{beijing_compact(at)}{secrets.randbelow(10**12):012d}",
        product=product,
        amount=asked.amount(),
        subject=asked.text("subject", 256) or asked.text("title", 256, is_needed=True),
        notify_url=_url(asked, "notifyUrl"),
        fingerprint=fingerprint,
        created_at=at,
        closes_at=at + _life_s(asked),
        token=secrets.token_hex(16),
        details={
            "front_url": _url(asked, "frontUrl"),
            "org_info": asked.envelope.get("orgInfo", ""),
            "device_ip": asked.envelope.get("orgDeviceIp", ""),
            "pc_trace": f"{secrets.randbelow(10**12):012d}",
            "payer_id": asked.text("openId", 128) or f"o{secrets.token_hex(13)}",
        },
    )
    deps.truth.add_trade(trade)
    return trade


def _fingerprint(asked: Asked, product: str) -> str:
    canonical = orjson.dumps(asked.biz, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{product}{asked.info}".encode() + canonical).hexdigest()


def _cashier_url(deps: Deps, trade: Trade) -> str:
    params = {"payExpireTime": beijing_compact(trade.closes_at), "payToken": trade.token}
    return f"{deps.public_url}{CASHIER_PAGE}?params={quote(orjson.dumps(params), safe='')}"


def _life_s(asked: Asked) -> int:
    """timeoutMinutes holds seconds, as the documented sample "1800" does."""
    text = asked.text("timeoutMinutes", 8)
    if not text:
        return DEFAULT_LIFE_S
    if not text.isdecimal() or not 1 <= int(text) <= MAX_LIFE_S:
        raise Refusal(BAD_BODY, "timeoutMinutes格式错误")
    return int(text)


def _url(asked: Asked, field: str) -> str:
    url = asked.text(field, 512)
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise Refusal(BAD_BODY, f"{field}格式错误")
    return url


def owner(account: EasyAccount) -> dict[str, str]:
    """The envelope fields that name a merchant."""
    return {
        "orgId": account.org_id,
        "orgMerCode": account.mer_code,
        "orgTermNo": account.term_no,
        "prodCode": PRODUCT,
    }
