"""Take a payment code's payment back (冲正), whether it was paid or not: nobody else knows yet.

It names the payment by our own number and second, so that it needs no answer to the payment. What
is shown, or opened as a page, has no close: `payTimeout` ends it. Only a yes ends anything; what
UnionPay cannot find may still be on its way, and the query tells.

Source: open.unionpay.com (acpAPIId=795, 消费冲正)
"""

from gateway.channels.plugin import Answer, Call, Outcome, Succeeded, Trade
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import BACK_PATH


def call(asked: Trade, account: Account) -> Call:
    return Call(
        "POST",
        BACK_PATH,
        body={
            "txnType": trade.REVERSAL,
            "txnSubType": "01",
            **trade.product(asked.method),
            **trade.key(asked.payment_no, asked.begun_at),
        },
    )


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REVERSAL):
        return refusal
    trade.check_it_is(answer.content, asked.payment_no, asked.begun_at)
    return Succeeded(is_reversed=True)
