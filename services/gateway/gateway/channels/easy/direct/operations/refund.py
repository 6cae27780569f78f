"""Give money back. The refund's own number makes it happen once; its end is told by the query.

Source: s.apifox.cn/9758ecc8 (trade/refund/apply)
"""

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import codes, trade
from gateway.channels.easy.direct.wire import REFUND_PATH
from gateway.channels.plugin import Answer, Call, Declined, Outcome, Pending, Refunding


def call(refunding: Refunding, account: Account) -> Call:
    return Call(
        "POST",
        REFUND_PATH,
        body={
            **trade.merchant(account),
            "reqOrderInfo": {
                "orgTrace": refunding.refund_no,
                **trade.original(refunding.trade.payment_no, refunding.trade.begun_at),
                "refundAmount": refunding.amount.amount_minor,
            },
            "payInfo": {"transDate": trade.day_of(refunding.created_at)},
        },
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer):
        return refusal
    body = answer.content["rspBody"]
    state, meaning = trade.state_of(body)
    if state in trade.FAILED:
        return Declined(state, meaning)
    return Pending(channel_no=trade.channel_no_of(body))
