"""Divide a paid order among receivers (请求分账), who were registered with WeChat Pay before.

Our number makes it happen once. It is accepted first and done later: the query tells its end.

Source: pay.weixin.qq.com/doc/v3/merchant/4012524936, partner/4012690683
"""

from gateway.channels.formats import cut_to_bytes
from gateway.channels.plugin import Answer, Call, Outcome, Splitting
from gateway.channels.wechat import codes, limits, split_state
from gateway.channels.wechat.account import Account


def call(splitting: Splitting, account: Account) -> Call:
    """By WeChat Pay's own number of the order; raises ValueError where that is not known."""
    body = {
        **account.splitter(),
        "transaction_id": transaction_id(splitting),
        "out_order_no": splitting.split_no,
        "receivers": [
            {
                "type": account.receiver_type(share.account),
                "account": share.account,
                "amount": share.amount.amount_minor,
                "description": cut_to_bytes(share.description, limits.SPLIT_DESCRIPTION_BYTES),
            }
            for share in splitting.shares
        ],
        "unfreeze_unsplit": splitting.is_last,
    }
    return Call("POST", "/v3/profitsharing/orders", body=body)


def outcome(answer: Answer, splitting: Splitting, account: Account) -> Outcome:
    refusal = codes.find_refusal(answer, codes.SPLIT)
    if refusal is not None:
        return codes.too_early(refusal)
    return split_state.read(answer, splitting)


def transaction_id(splitting: Splitting) -> str:
    if splitting.trade.channel_trade_no is None:
        raise ValueError("the payment has no number of WeChat Pay")
    return splitting.trade.channel_trade_no
