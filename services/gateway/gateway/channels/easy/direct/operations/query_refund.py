"""What became of a refund: it is a trade of its own there, asked by its number and day.

Source: s.apifox.cn/9758ecc8 (trade/tradeQuery, transState)
"""

from typing import Final

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import codes, trade
from gateway.channels.easy.direct.wire import QUERY_PATH
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    Outcome,
    Pending,
    Refunding,
    Succeeded,
)

EXCEPTION: Final = "E"
"""The refund was taken and then went wrong: whether money moved, only people can find out."""


def call(refunding: Refunding, account: Account) -> Call:
    named = trade.original(refunding.refund_no, refunding.created_at)
    return Call("POST", QUERY_PATH, body={**trade.merchant(account), "reqOrderInfo": named})


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer):
        return refusal
    body = answer.content["rspBody"]
    trade.check_it_is(body, refunding.refund_no)
    state, meaning = trade.state_of(body)
    channel_no = trade.channel_no_of(body)
    if state == trade.UNDER_WAY:
        return Pending(channel_no=channel_no)
    if state == trade.RETURNED:
        amount = trade.amount_of(body, "transAmount")
        return Succeeded(channel_no, amount, trade.ended_at(body))
    if state == EXCEPTION:
        return Declined(state, meaning, abnormal=True)
    return trade.ended_badly(state, meaning)
