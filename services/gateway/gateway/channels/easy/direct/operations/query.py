"""What became of a payment, asked by its number and day.

Source: s.apifox.cn/9758ecc8 (trade/tradeQuery)
"""

from datetime import datetime

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import codes, trade
from gateway.channels.easy.direct.wire import QUERY_PATH
from gateway.channels.plugin import Answer, Call, Outcome, Trade


def call(asked: Trade, account: Account) -> Call:
    return of_day(asked, asked.begun_at, account)


def of_day(asked: Trade, begun_at: datetime, account: Account) -> Call:
    named = trade.original(asked.payment_no, begun_at)
    return Call("POST", QUERY_PATH, body={**trade.merchant(account), "reqOrderInfo": named})


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer):
        return refusal
    body = answer.content["rspBody"]
    trade.check_it_is(body, asked.payment_no)
    return trade.read(body)
