"""易生 refunds: accepted, then done a moment later, and found out by query alone.

Source: apifox.com/apidoc/docs-site/2466304, api-76870369 (refund), 76872007 (refund query, whose
path is not printed there: `/ledger/mposrefundquery` is this sandbox' choice)
"""

import secrets

from sandbox import payer
from sandbox.answering import Done
from sandbox.clock import beijing_compact, now
from sandbox.deps import Deps
from sandbox.easy.account import CHANNEL
from sandbox.easy.orders import get_original
from sandbox.easy.wire import (
    FAILED,
    NOT_FOUND,
    PROCESSING,
    SUCCESS,
    UNKNOWN_CODE,
    Asked,
    Refusal,
    respond,
)
from sandbox.faults import Hit
from sandbox.truth import Refund, Trade

STATE_CODES = {
    "processing": (PROCESSING, "退款处理中"),
    "succeeded": (SUCCESS, "退款成功"),
    "failed": (FAILED, "退款失败"),
    "abnormal": ("XX", "退款异常，请联系客服"),
}


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/ledger/mposrefund; orgTrace names the refund."""
    trade = get_original(deps, asked)
    amount = asked.amount()
    refund = deps.truth.find_refund(CHANNEL, asked.account.mer_code, asked.trace)
    if refund is None:
        _check(deps, trade, amount)
        refund = _open(deps, asked, trade, amount, is_held="hold" in hit)
    elif refund.trade_id != trade.id or refund.amount != amount:
        raise Refusal(FAILED, "机构流水号重复")
    if "unknown_status" in hit:
        raise Refusal(UNKNOWN_CODE, "未知的结果")
    stated = amount + ("wrong_amount" in hit)
    biz = {"outTrace": refund.channel_refund_no, "transAmt": str(stated)}
    return Done(respond(asked.account, asked.envelope, biz, hit))


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """/ledger/mposrefundquery: oriOrgTrace is the orgTrace of the refund."""
    number = asked.text("oriOrgTrace", 28, is_needed=True)
    refund = deps.truth.find_refund(CHANNEL, asked.account.mer_code, number)
    if refund is None:
        raise Refusal(NOT_FOUND, "原退款不存在")
    code, message = STATE_CODES[refund.state]
    biz = {
        "oriOrgTrace": refund.number,
        "oriBizDate": refund.number[8:16],
        "outTrace": refund.channel_refund_no,
        "transAmt": str(refund.amount + ("wrong_amount" in hit)),
        "tradeRetCode": UNKNOWN_CODE if "unknown_status" in hit else code,
        "tradeRetMsg": message,
    }
    stated = {**asked.envelope, "orgInfo": refund.refund_no}
    return Done(respond(asked.account, stated, biz, hit))


def _check(deps: Deps, trade: Trade, amount: int) -> None:
    if trade.state != "paid":
        raise Refusal(FAILED, "原交易未支付")
    if amount > payer.refundable(deps, trade):
        raise Refusal(FAILED, "退款金额超过可退金额")


def _open(deps: Deps, asked: Asked, trade: Trade, amount: int, *, is_held: bool) -> Refund:
    at = now()
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=asked.trace,
        refund_no=asked.info,
        channel_refund_no=f"ER{beijing_compact(at)}{secrets.randbelow(10**12):012d}",
        amount=amount,
        reason="",
        notify_url="",
        created_at=at,
        held=is_held,
    )
    deps.truth.add_refund(refund)
    payer.succeed_later(deps, refund)
    return refund
