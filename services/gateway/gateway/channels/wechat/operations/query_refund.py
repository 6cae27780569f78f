"""What became of a refund, asked by our number.

Source: pay.weixin.qq.com/doc/v3/merchant/4013071041
"""

from gateway.channels.plugin import Answer, Call, Outcome, Refunding
from gateway.channels.wechat import codes
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.operations.refund import read


def call(refunding: Refunding, account: Account) -> Call:
    path = f"/v3/refund/domestic/refunds/{refunding.refund_no}"
    return Call("GET", path, query=account.sub_merchant())


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    return codes.find_refusal(answer, codes.QUERY) or read(answer, refunding)
