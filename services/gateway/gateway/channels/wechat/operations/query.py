"""What became of a payment, asked by our number.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791858
"""

from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, Trade, Unverifiable
from gateway.channels.wechat import codes, trade
from gateway.channels.wechat.account import Account


def call(asked: Trade, account: Account) -> Call:
    path = account.path(f"out-trade-no/{asked.payment_no}")
    return Call("GET", path, query=account.merchants())


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    if text(answer.content, "out_trade_no") != asked.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    return trade.read(answer.content, account)
