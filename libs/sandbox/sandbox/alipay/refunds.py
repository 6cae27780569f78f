"""Alipay refunds: done within the call, unless held.

Sources: opendocs.alipay.com/open/02ekfk (refund), 02ekfl (fastpay.refund.query)
"""

import re
import secrets
from typing import Any

from sandbox import payer
from sandbox.alipay import splits
from sandbox.alipay.account import CHANNEL
from sandbox.alipay.trades import BUYER_LOGON_ID, UNKNOWN_STATUS, buyer, named, names, refunded
from sandbox.alipay.wire import Asked, refused, respond
from sandbox.answering import Done
from sandbox.clock import beijing_compact, beijing_text, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.money import fen, yuan
from sandbox.truth import Refund, Trade

APART_S = 3
"""Between two refunds of one trade. The document names no code for a sooner one; by that of
a busy system it is to be sent again, with the same number."""

REFUND_ASKED_AT = "refund_asked_at"
NOTIFIED_PRODUCTS = ("page", "wap", "app")
_NUMBER = re.compile(r"[0-9A-Za-z_\-]{1,64}", re.ASCII)


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.refund; the same out_request_no moves money once."""
    trade = named(deps, asked)
    amount = _read_amount(asked)
    number = _read_number(asked, trade, amount)
    refund = deps.truth.find_refund_of_trade(trade, number)
    if refund is not None:
        return _repeat(deps, asked, trade, refund, amount, hit)
    _check(deps, trade, amount)
    returns = splits.plan_returns(deps, asked, trade, amount)
    _check_pause(deps, trade)
    refund = _open(deps, asked, trade, number, amount)
    splits.take_back(deps, number, returns)
    if "hold" in hit:
        refund.held = True
        deps.truth.save_refund(refund)
    else:
        payer.decide(deps, refund, "succeeded")
    moved = refund.state == "succeeded"
    return Done(respond(asked, _content(deps, trade, refund, moved, hit), hit))


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.fastpay.refund.query; an unknown request number is answered without fields."""
    trade = named(deps, asked)
    number = asked.text("out_request_no", 64)
    if not number:
        raise refused("INVALID_PARAMETER", "参数无效：out_request_no")
    refund = deps.truth.find_refund_of_trade(trade, number)
    if refund is None:
        return Done(respond(asked, {}, hit))
    node = names(trade) | {
        "out_request_no": refund.number,
        "total_amount": yuan(trade.taken),
        "refund_amount": yuan(refund.amount + ("wrong_amount" in hit)),
        "refund_reason": refund.reason,
    }
    return Done(respond(asked, node | _state(refund, hit), hit))


def _read_amount(asked: Asked) -> int:
    amount = fen(asked.biz.get("refund_amount"))
    if not amount:
        raise refused("INVALID_PARAMETER", "参数无效：refund_amount")
    return amount


def _read_number(asked: Asked, trade: Trade, amount: int) -> str:
    """Only a refund of everything may go without a number of its own."""
    number = asked.text("out_request_no", 64)
    if not number and amount == trade.taken:
        return trade.number
    if not _NUMBER.fullmatch(number):
        raise refused("INVALID_PARAMETER", "参数无效：部分退款需传out_request_no")
    return number


def _repeat(deps: Deps, asked: Asked, trade: Trade, refund: Refund, amount: int, hit: Hit) -> Done:
    if refund.amount != amount or refund.details.get("royalties") != _royalties(asked):
        raise refused("DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
    if refund.state == "failed":
        raise refused("TRADE_NOT_ALLOW_REFUND", "当前交易不允许退款")
    return Done(respond(asked, _content(deps, trade, refund, False, hit), hit))


def _check(deps: Deps, trade: Trade, amount: int) -> None:
    if trade.state == "created":
        raise refused("TRADE_STATUS_ERROR", "交易状态不合法")
    if trade.state == "closed":
        raise refused("TRADE_HAS_CLOSE", "交易已经关闭")
    if amount > payer.refundable(deps, trade):
        raise refused("REASON_TRADE_REFUND_FEE_ERR", "退款金额无效")


def _check_pause(deps: Deps, trade: Trade) -> None:
    at = now()
    if at - trade.details.get(REFUND_ASKED_AT, 0.0) < APART_S:
        raise refused("SYSTEM_ERROR", "系统繁忙，同一笔交易的退款至少间隔3秒")
    trade.details[REFUND_ASKED_AT] = at
    deps.truth.save_trade(trade)


def _open(deps: Deps, asked: Asked, trade: Trade, number: str, amount: int) -> Refund:
    at = now()
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=number,
        refund_no=number,
        channel_refund_no=f"{beijing_compact(at)}{secrets.randbelow(10**18):018d}",
        amount=amount,
        reason=asked.text("refund_reason", 256),
        notify_url=trade.notify_url if trade.product in NOTIFIED_PRODUCTS else "",
        created_at=at,
        details={"royalties": _royalties(asked)},
    )
    deps.truth.add_refund(refund)
    return refund


def _royalties(asked: Asked) -> Any:
    """What must be the same at each repeat."""
    return asked.biz.get("refund_royalty_parameters")


def _content(deps: Deps, trade: Trade, refund: Refund, is_moved: bool, hit: Hit) -> dict[str, Any]:
    """fund_change is Y only in the answer to the call that moved the money."""
    if "unknown_status" in hit:
        raise refused(UNKNOWN_STATUS, "未知的结果")
    given = refunded(deps.truth.list_refunds(trade)) + ("wrong_amount" in hit)
    node = (
        names(trade)
        | buyer(trade)
        | {
            "buyer_logon_id": BUYER_LOGON_ID,
            "fund_change": "Y" if is_moved else "N",
            "refund_fee": yuan(given),
            "send_back_fee": yuan(refund.amount if is_moved else 0),
        }
    )
    if refund.finished_at is not None:
        node["gmt_refund_pay"] = beijing_text(refund.finished_at)
    return node


def _state(refund: Refund, hit: Hit) -> dict[str, Any]:
    """Only success has a documented status; the others show in what is missing or beside it."""
    if "unknown_status" in hit:
        return {"refund_status": UNKNOWN_STATUS}
    finished = beijing_text(refund.finished_at) if refund.finished_at is not None else ""
    match refund.state:
        case "succeeded":
            return {"refund_status": "REFUND_SUCCESS", "gmt_refund_pay": finished}
        case "failed":
            return {"refund_status": "REFUND_FAIL", "error_code": "REFUND_FAIL"}
        case "abnormal" if "bounced" in refund.details:
            back = {"has_deposit_back": "true", "dback_status": "F"}
            done = {"refund_status": "REFUND_SUCCESS", "gmt_refund_pay": finished}
            return done | {"deposit_back_info": back}
        case "abnormal":
            return {"deposit_back_info": {"has_deposit_back": "true", "dback_status": "F"}}
        case _:
            return {}
