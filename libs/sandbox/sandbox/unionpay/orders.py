"""Payments at UnionPay: opened by form, by the app, by a code shown or scanned; and queried.

Source: open.unionpay.com (acpAPIId=901 front, 3021 app, 793 code shown, 795 code scanned)
"""

import hashlib
import secrets
from collections.abc import Mapping

import orjson

from sandbox import payer
from sandbox.answering import Done
from sandbox.clock import beijing_compact, now
from sandbox.deps import Deps
from sandbox.faults import Hit, Kind
from sandbox.truth import Refund, Trade
from sandbox.unionpay.account import CHANNEL
from sandbox.unionpay.day import check_sent_now, moment, settle_date
from sandbox.unionpay.wire import (
    BAD_FORM,
    CHARGED_LATE,
    DUPLICATE,
    ISSUER_BUSY,
    NOT_FOUND,
    PAYMENT,
    REFUSED,
    SUCCESS,
    UNDER_WAY,
    UNKNOWN_CODE,
    YUAN,
    Asked,
    Refusal,
    check_key,
    respond,
)

SHOWN, SCANNED = "07", "06"
_OTHERS = frozenset({("000000", "08")})
_PRODUCTS = {
    "front": ("01", frozenset({("000201", "07"), ("000201", "08"), ("000202", "07")})),
    "app": ("01", _OTHERS),
    "qr": (SHOWN, _OTHERS),
    "scanned": (SCANNED, _OTHERS),
}
"""Of each way to pay the txnSubType, and bizType with channelType."""

ASKS_FIRST = "00"  # the end of a code whose payer has to type a password
DEFAULT_LIFE_S = 7200
_FAULT_CODES: Mapping[Kind, str] = {
    "unknown_status": UNKNOWN_CODE,
    "issuer_busy": ISSUER_BUSY,
    "charged_late": CHARGED_LATE,
}
_CODE_TEXTS = {
    SUCCESS: "成功[0000000]",
    UNDER_WAY: "交易已受理，请稍后查询交易结果",
    ISSUER_BUSY: "发卡行（渠道）处理中",
    CHARGED_LATE: "扣款成功但交易超过规定支付时间",
    REFUSED: "卡上的余额不足",
}
REFUND_CODES = {
    "processing": UNDER_WAY,
    "succeeded": SUCCESS,
    "failed": REFUSED,
    "abnormal": REFUSED,
}


def open_front(deps: Deps, asked: Asked, hit: Hit) -> Trade:
    """frontTransReq: the browser has brought the form."""
    asked.text("frontUrl", 256, is_needed=True)
    return _opened(deps, asked, "front")


def create_app(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """appTransReq: `tn` for the SDK in the app."""
    trade = _opened(deps, asked, "app")
    return Done(respond(asked, {"tn": trade.channel_trade_no}, hit), trade)


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """backTransReq with a code that is shown, or was scanned."""
    match asked.fields.get("txnSubType"):
        case "07":
            trade = _opened(deps, asked, "qr")
            code = f"https://qr.95516.com/00010000/{trade.token}"
            return Done(respond(asked, {"qrCode": code}, hit), trade)
        case "06":
            return _scanned(deps, asked, hit)
        case _:
            raise Refusal(BAD_FORM, "报文格式错误[txnSubType]")


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """queryTrans by orderId and txnTime, of payments and refunds alike."""
    check_key(asked)
    merchant = asked.account.mer_id
    refund = deps.truth.find_refund(CHANNEL, merchant, asked.number)
    if refund is not None and is_named(refund, asked):
        return Done(respond(asked, _about_refund(refund, hit), hit))
    trade = deps.truth.find_trade(CHANNEL, merchant, asked.number)
    if trade is None or not is_named(trade, asked) or trade.state == "closed":
        raise Refusal(NOT_FOUND, "查无此交易")
    return Done(respond(asked, _about_trade(trade, hit), hit))


def query_id() -> str:
    """A fresh number of UnionPay's own, of 21 digits."""
    return f"{beijing_compact(now())}{secrets.randbelow(10**7):07d}"


def is_named(one: Trade | Refund, asked: Asked) -> bool:
    """Whether this is meant: the same second, and the same kind of business."""
    named = asked.fields["txnTime"], asked.fields.get("bizType", "")
    return (one.details.get("txn_time"), one.details.get("biz_type")) == named


def members_of(trade: Trade) -> dict[str, str]:
    """What queries and notifications tell of a payment."""
    second = trade.paid_at or trade.created_at
    return {
        "orderId": trade.number,
        "txnTime": trade.details["txn_time"],
        "queryId": trade.channel_trade_no,
        "currencyCode": YUAN,
        "traceNo": trade.channel_trade_no[-6:],
        "traceTime": beijing_compact(second)[4:],
        "settleDate": settle_date(second),
        "settleCurrencyCode": YUAN,
        "payCardType": "01",
        "accNo": "6216***********0018",
    }


def refund_members(refund: Refund) -> dict[str, str]:
    second = refund.finished_at or refund.created_at
    at = beijing_compact(second)
    return {
        "orderId": refund.number,
        "txnTime": refund.details.get("txn_time", at),
        "queryId": refund.channel_refund_no,
        "currencyCode": YUAN,
        "traceNo": refund.channel_refund_no[-6:],
        "traceTime": at[4:],
        "settleDate": settle_date(second),
        "reqReserved": refund.details.get("reserved", ""),
    }


def kind_of(refund: Refund) -> str:
    """Its txnType; what was given back in UnionPay's console is a refund."""
    return str(refund.details.get("txn_type", "04"))


def _about_trade(trade: Trade, hit: Hit) -> dict[str, str]:
    return (
        members_of(trade)
        | {"txnAmt": str(trade.taken + ("wrong_amount" in hit))}
        | _went(SUCCESS if trade.state == "paid" else UNDER_WAY, hit)
    )


def _about_refund(refund: Refund, hit: Hit) -> dict[str, str]:
    return (
        refund_members(refund)
        | {"txnAmt": str(refund.amount + ("wrong_amount" in hit))}
        | _went(REFUND_CODES[refund.state], hit)
    )


def _went(code: str, hit: Hit) -> dict[str, str]:
    """How what was asked about went."""
    code = next((other for kind, other in _FAULT_CODES.items() if kind in hit), code)
    return {"origRespCode": code, "origRespMsg": text_of(code)}


def text_of(code: str) -> str:
    return _CODE_TEXTS.get(code, "未知的结果")


def _scanned(deps: Deps, asked: Asked, hit: Hit) -> Done:
    code = asked.text("qrNo", 20, is_needed=True)
    asked.text("termId", 8, is_needed=True)
    is_new = deps.truth.find_trade(CHANNEL, asked.account.mer_id, asked.number) is None
    trade = _opened(deps, asked, "scanned")
    if is_new and not code.endswith(ASKS_FIRST):
        payer.pay(deps, trade)
    return Done(respond(asked, {}, hit), trade if trade.state == "created" else None)


def _opened(deps: Deps, asked: Asked, product: str) -> Trade:
    """The trade of this number; the same request again finds it, another is a duplicate."""
    check_key(asked)
    check_sent_now(asked)
    _check_product(asked, product)
    canonical = {k: v for k, v in asked.fields.items() if k not in ("signature", "certId")}
    mark = hashlib.sha256(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS)).hexdigest()
    trade = deps.truth.find_trade(CHANNEL, asked.account.mer_id, asked.number)
    if trade is None:
        return _add(deps, asked, product, mark)
    if trade.fingerprint != mark or trade.state != "created":
        raise Refusal(DUPLICATE, "重复交易")
    return trade


def _check_product(asked: Asked, product: str) -> None:
    """What kind of business it is, which UnionPay does not guess."""
    sub_type, kinds = _PRODUCTS[product]
    named = asked.fields.get("bizType", ""), asked.fields.get("channelType", "")
    is_right = {
        "txnType": asked.fields.get("txnType") == PAYMENT,
        "txnSubType": asked.fields.get("txnSubType") == sub_type,
        "bizType": named[0] in {biz_type for biz_type, _ in kinds},
        "channelType": named in kinds,
        "currencyCode": asked.fields.get("currencyCode") == YUAN,
    }
    for field, right in is_right.items():
        if not right:
            raise Refusal(BAD_FORM, f"报文格式错误[{field}]")


def _add(deps: Deps, asked: Asked, product: str, mark: str) -> Trade:
    at = now()
    trade = Trade(
        channel=CHANNEL,
        merchant=asked.account.mer_id,
        number=asked.number,
        payment_no=asked.number,
        channel_trade_no=query_id(),
        product=product,
        amount=asked.amount(),
        subject=asked.text("orderDesc", 32),
        notify_url=asked.text("backUrl", 256, is_needed=True),
        fingerprint=mark,
        created_at=at,
        closes_at=_closes_at(asked, at),
        token=secrets.token_hex(16),
        details={
            "txn_time": asked.fields["txnTime"],
            "biz_type": asked.fields.get("bizType", ""),
            "sub_type": asked.fields.get("txnSubType", ""),
            "front_url": asked.fields.get("frontUrl", ""),
            "reserved": asked.text("reqReserved", 1024),
        },
    )
    deps.truth.add_trade(trade)
    return trade


def _closes_at(asked: Asked, at: float) -> float:
    if not asked.text("payTimeout", 14):
        return at + DEFAULT_LIFE_S
    closes_at = moment(asked, "payTimeout")
    if closes_at <= moment(asked, "txnTime"):
        raise Refusal(BAD_FORM, "报文格式错误[payTimeout]")
    return closes_at
