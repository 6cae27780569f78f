"""What became of a payment. But for payment codes there is no close: `payTimeout` ends it, and then
this says so.

Source: open.unionpay.com (acpAPIId=901, queryTrans)
"""

from dataclasses import replace
from datetime import datetime

from contracts.api import Method
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Declined, Outcome, Pending, Trade
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account


def call(asked: Trade, account: Account) -> Call:
    return trade.ask_about(asked.method, asked.payment_no, asked.begun_at)


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    return read(answer, asked, asked.begun_at)


def read(answer: Answer, asked: Trade, named_at: datetime) -> Outcome:
    """What it says of the trade with this txnTime. A try that failed ends nothing on a page where
    the payer may try again: time does."""
    is_over = trade.is_over(asked, answer.moment.now)
    if refusal := codes.find_refusal(answer, codes.QUERY):
        if isinstance(refusal, Pending) and is_over:
            message = text(answer.content, "respMsg")
            return Declined(codes.NOT_FOUND, message, closed=True)
        return refusal
    trade.check_it_is(answer.content, asked.payment_no, named_at)
    stated = trade.read(answer.content, trade.IN_ANSWER)
    if not isinstance(stated, Declined):
        return stated
    if is_over or asked.method is Method.BARCODE:
        return replace(stated, closed=True)
    return Pending()
