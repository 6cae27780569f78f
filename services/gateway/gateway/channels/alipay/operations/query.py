"""What became of a payment, asked by our number: `alipay.trade.query`.

Source: opendocs.alipay.com/open/02e7gq
"""

from contracts.api import Method
from gateway.channels.alipay import codes, trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    Outcome,
    Succeeded,
    Trade,
    Unverifiable,
)


def call(asked: Trade, account: Account) -> Call:
    return Call("POST", "alipay.trade.query", body={"out_trade_no": asked.payment_no})


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    """A payment code that was cancelled after it was paid looks like one that was paid and given
    back: the merchant has no money of it, and the channel has ended it."""
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    if text(answer.content, "out_trade_no") != asked.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    stated = trade.read(answer.content, paid_at="send_pay_date")
    if asked.method is Method.BARCODE and text(answer.content, "trade_status") == trade.CLOSED:
        words = "the trade was cancelled, the money went back if it was taken"
        back = stated.given_back if isinstance(stated, Succeeded) else None
        return Declined(trade.CLOSED, words, closed=True, given_back=back)
    return stated
