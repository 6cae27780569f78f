"""What became of a split, asked by our number (查询分账结果).

Source: pay.weixin.qq.com/doc/v3/merchant/4012526688
"""

from gateway.channels.plugin import Answer, Call, Outcome, Splitting
from gateway.channels.wechat import codes, split_state
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.operations.split import transaction_id


def call(splitting: Splitting, account: Account) -> Call:
    query = {"transaction_id": transaction_id(splitting), **account.sub_merchant()}
    return Call("GET", f"/v3/profitsharing/orders/{splitting.split_no}", query)


def outcome(answer: Answer, splitting: Splitting, account: Account) -> Outcome:
    return codes.find_refusal(answer, codes.QUERY_SPLIT) or split_state.read(answer, splitting)
