"""易企通 2.0 refunds: accepted, then done a moment later, and found out by the query alone.

Source: s.apifox.cn/9758ecc8 (trade/refund/apply)
"""

import secrets

from sandbox import payer
from sandbox.answering import Done
from sandbox.clock import beijing_compact, now
from sandbox.deps import Deps
from sandbox.easy.account import CHANNEL
from sandbox.easy.direct.orders import REFUND_STATES, get_original
from sandbox.easy.direct.wire import REFUSED, UNKNOWN_STATE, Asked, Refusal, respond
from sandbox.faults import Hit
from sandbox.truth import Refund, Trade


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """orgTrace names the refund."""
    trade = get_original(deps, asked)
    number = asked.text("reqOrderInfo", "orgTrace", 32)
    amount = asked.amount("refundAmount")
    refund = deps.truth.find_refund(CHANNEL, asked.account.mer_code, number)
    if refund is None:
        refund = _open(deps, asked, trade, number, amount, is_held="hold" in hit)
    elif refund.trade_id != trade.id or refund.amount != amount:
        raise Refusal(REFUSED, "机构流水号重复")
    if "unknown_status" in hit:
        raise Refusal(UNKNOWN_STATE, "未知的结果")
    members = {
        "orgTrace": number,
        "outTrace": refund.channel_refund_no,
        "refundAmount": amount + ("wrong_amount" in hit),
    }
    return Done(respond(asked.account, REFUND_STATES["processing"], members, hit))


def _open(
    deps: Deps, asked: Asked, trade: Trade, number: str, amount: int, *, is_held: bool
) -> Refund:
    if trade.state != "paid":
        raise Refusal(REFUSED, "原交易未支付")
    if amount > payer.refundable(deps, trade):
        raise Refusal(REFUSED, "退款金额超过可退金额")
    at = now()
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=number,
        refund_no=number,
        channel_refund_no=f"ET{beijing_compact(at)}{secrets.randbelow(10**12):012d}",
        amount=amount,
        reason="",
        notify_url="",
        created_at=at,
        held=is_held,
        details={"day": asked.text("payInfo", "transDate", 8)},
    )
    deps.truth.add_refund(refund)
    payer.succeed_later(deps, refund)
    return refund
