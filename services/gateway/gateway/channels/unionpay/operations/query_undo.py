"""What became of an undo: a trade of its own at UnionPay, by the number of the refund.

Source: open.unionpay.com (acpAPIId=901, queryTrans)
"""

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account


def call(refunding: Refunding, account: Account) -> Call:
    return trade.ask_about(refunding.trade.method, refunding.refund_no, refunding.created_at)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    trade.check_it_is(answer.content, refunding.refund_no, refunding.created_at)
    return trade.without_number(trade.read(answer.content, trade.IN_ANSWER))
