"""What goes back at UnionPay: refunds (退货) and undos (消费撤销), transactions of their own that
are taken now and told later, and reversals (冲正) of payments that nobody has heard of yet.

Source: open.unionpay.com (acpAPIId=901, 退货交易, 消费撤销交易; 795, 消费冲正)
"""

from sandbox import payer
from sandbox.answering import Done
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.truth import Refund, Trade
from sandbox.unionpay.account import CHANNEL
from sandbox.unionpay.day import check_sent_now, clearing_day
from sandbox.unionpay.orders import REFUND_CODES, is_named, query_id
from sandbox.unionpay.wire import (
    DUPLICATE,
    NOT_FOUND,
    NOT_POSSIBLE,
    TOO_MUCH,
    UNKNOWN_CODE,
    Asked,
    Refusal,
    check_key,
    respond,
)

REVERSED = "reversal"


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """backTransReq with txnType 04. The same number a second time is a duplicate."""
    check_key(asked)
    trade = _original_of_new(deps, asked)
    if asked.amount() > payer.refundable(deps, trade):
        raise Refusal(TOO_MUCH, "退货金额超限")
    refund = _open(deps, asked, trade, is_held="hold" in hit)
    payer.succeed_later(deps, refund)
    return _taken(asked, trade, refund, hit)


def undo(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """backTransReq with txnType 31: all that was paid, on its clearing day, before anything of it
    went back; the original is named by origQryId alone. With `no_undo` its issuer says no."""
    check_key(asked)
    asked.text("origQryId", 21, is_needed=True)
    trade = _original_of_new(deps, asked)
    if asked.amount() != trade.taken:
        raise Refusal(TOO_MUCH, "撤销金额与原交易不一致")
    if payer.refundable(deps, trade) != trade.taken:
        raise Refusal(NOT_POSSIBLE, "原交易已撤销或已退货")
    if clearing_day(trade.paid_at or trade.created_at) != clearing_day(now()):
        raise Refusal(NOT_POSSIBLE, "原交易已清算")
    refund = _open(deps, asked, trade, is_held="hold" in hit)
    if "no_undo" in hit:
        payer.decide(deps, refund, "failed", tell=False)
        raise Refusal(REFUND_CODES["failed"], "发卡机构不支持")
    payer.succeed_later(deps, refund)
    return _taken(asked, trade, refund, hit)


def reverse(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """backTransReq with txnType 99: the payment of this very number and second is taken back, paid
    or not; repeatable. Only payments by a code that was scanned."""
    check_key(asked)
    trade = deps.truth.find_trade(CHANNEL, asked.account.mer_id, asked.number)
    if trade is None or not is_named(trade, asked):
        raise Refusal(NOT_FOUND, "查无此交易")
    if trade.product != "scanned" or deps.truth.list_refunds(trade):
        raise Refusal(NOT_POSSIBLE, "原交易不允许冲正")
    if trade.state != "closed":
        payer.close(deps, trade, REVERSED)
    if "unknown_status" in hit:
        raise Refusal(UNKNOWN_CODE, "未知的结果")
    return Done(respond(asked, {}, hit))


def find_original(deps: Deps, asked: Asked) -> Trade | None:
    """By origQryId, else by origOrderId and origTxnTime."""
    merchant, query_id = asked.account.mer_id, asked.text("origQryId", 21)
    if query_id:
        return deps.truth.find_trade_by_channel_number(CHANNEL, merchant, query_id)
    trade = deps.truth.find_trade(CHANNEL, merchant, asked.text("origOrderId", 40))
    is_it = trade and trade.details["txn_time"] == asked.fields.get("origTxnTime")
    return trade if is_it else None


def _original_of_new(deps: Deps, asked: Asked) -> Trade:
    """What goes back by a transaction that was not made before."""
    if deps.truth.find_refund(CHANNEL, asked.account.mer_id, asked.number) is not None:
        raise Refusal(DUPLICATE, "重复交易")
    check_sent_now(asked)
    trade = find_original(deps, asked)
    if trade is None or trade.state != "paid":
        raise Refusal(NOT_POSSIBLE, "原交易不存在或状态不正确")
    return trade


def _taken(asked: Asked, trade: Trade, refund: Refund, hit: Hit) -> Done:
    if "unknown_status" in hit:
        raise Refusal(UNKNOWN_CODE, "未知的结果")
    stated = {
        "queryId": refund.channel_refund_no,
        "origQryId": trade.channel_trade_no,
        "txnAmt": str(refund.amount + ("wrong_amount" in hit)),
    }
    return Done(respond(asked, stated, hit))


def _open(deps: Deps, asked: Asked, trade: Trade, *, is_held: bool) -> Refund:
    at = now()
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=asked.number,
        refund_no=asked.number,
        channel_refund_no=query_id(),
        amount=asked.amount(),
        reason="",
        notify_url=asked.text("backUrl", 256, is_needed=True),
        created_at=at,
        held=is_held,
        details={
            "txn_type": asked.fields["txnType"],
            "txn_time": asked.fields["txnTime"],
            "biz_type": asked.fields.get("bizType", ""),
            "reserved": asked.text("reqReserved", 1024),
        },
    )
    deps.truth.add_refund(refund)
    return refund
