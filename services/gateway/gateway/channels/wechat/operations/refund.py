"""Give money back. Our refund number makes it happen once, however often it is asked for.

Source: pay.weixin.qq.com/doc/v3/merchant/4013071036
"""

from typing import Any

from gateway.channels.formats import cut_to_bytes, text
from gateway.channels.plugin import Answer, Call, Outcome, Refunding, Unverifiable
from gateway.channels.wechat import codes, limits, refund_state
from gateway.channels.wechat.account import Account


def call(refunding: Refunding, account: Account) -> Call:
    """By our number, never by WeChat Pay's, so that all repeats are the same."""
    body: dict[str, Any] = {
        **account.sub_merchant(),
        "out_trade_no": refunding.trade.payment_no,
        "out_refund_no": refunding.refund_no,
        "notify_url": refunding.notify_url,
        "amount": {
            "refund": refunding.amount.amount_minor,
            "total": refunding.trade.amount.amount_minor,
            "currency": refunding.amount.currency,
        },
    }
    if refunding.reason:
        body["reason"] = cut_to_bytes(refunding.reason, limits.REFUND_REASON_BYTES)
    return Call("POST", "/v3/refund/domestic/refunds", body=body)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    return read(answer, refunding)


def read(answer: Answer, refunding: Refunding) -> Outcome:
    """The refund object of an answer, if it is of this refund."""
    if text(answer.content, "out_refund_no") != refunding.refund_no:
        raise Unverifiable("the answer speaks of another refund")
    if text(answer.content, "out_trade_no") != refunding.trade.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    return refund_state.read(answer.content, text(answer.content, "status"))
