"""What became of a refund: a trade of its own at UnionPay.

Source: open.unionpay.com (acpAPIId=901, queryTrans)
"""

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import QUERY_PATH


def call(refunding: Refunding, account: Account) -> Call:
    return Call(
        "POST",
        QUERY_PATH,
        body={
            "txnType": trade.QUERY,
            "txnSubType": "00",
            "bizType": trade.product(refunding.trade.method)["bizType"],
            **trade.refund_key(refunding),
        },
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    trade.check_it_is(answer.content, refunding.refund_no, refunding.created_at)
    return trade.read(answer.content, "origRespCode")
