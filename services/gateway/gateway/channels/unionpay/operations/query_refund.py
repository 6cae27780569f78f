"""What became of a refund: a trade of its own at UnionPay.

Source: open.unionpay.com (acpAPIId=901, queryTrans)
"""

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.unionpay import codes, refund_times, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.operations.refund import number_of


def call(refunding: Refunding, account: Account) -> Call:
    begun_at = refund_times.begun_at(refunding)
    return trade.ask_about(refunding.trade.method, number_of(refunding), begun_at)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    trade.check_it_is(answer.content, number_of(refunding), refund_times.begun_at(refunding))
    return trade.read(answer.content, trade.IN_ANSWER)
