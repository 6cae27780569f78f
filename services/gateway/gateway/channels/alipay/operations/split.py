"""Divide a paid trade among receivers (分账), who were registered with Alipay before:
`alipay.trade.order.settle`.

Always asynchronous: Alipay allows no mixture within one trade, and takes only a few receivers at
once otherwise. Our number makes it happen once; the query tells its end.

Source: opendocs.alipay.com/open/02o6e1
"""

from typing import Any

from gateway.channels.alipay import codes, limits, royalties
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import cut_to_characters, text
from gateway.channels.plugin import Answer, Call, Outcome, Pending, Splitting, Unverifiable


def call(splitting: Splitting, account: Account) -> Call:
    content: dict[str, Any] = {
        "out_request_no": splitting.split_no,
        "trade_no": royalties.trade_no(splitting),
        "royalty_mode": "async",
        "royalty_parameters": [
            {
                "royalty_type": "transfer",
                "trans_in_type": royalties.type_of(share.account),
                "trans_in": share.account,
                "amount": share.amount.decimal(),
                "desc": cut_to_characters(share.description, limits.SPLIT_DESCRIPTION_CHARACTERS),
            }
            for share in splitting.shares
        ],
    }
    if splitting.is_last:
        content["extend_params"] = {"royalty_finish": "true"}
    return Call("POST", "alipay.trade.order.settle", body=content)


def outcome(answer: Answer, splitting: Splitting, account: Account) -> Outcome:
    """A yes means: accepted."""
    if refusal := codes.find_refusal(answer, codes.SPLIT):
        return refusal
    if text(answer.content, "trade_no") != splitting.trade.channel_trade_no:
        raise Unverifiable("the answer speaks of another payment")
    return Pending(channel_no=text(answer.content, "settle_no") or None)
