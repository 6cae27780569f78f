"""The payer's code was scanned (被扫, 付款码).

The yes says that the code was taken; that it is paid is told by notification and query.

Source: open.unionpay.com (acpAPIId=795, 消费(被扫))
"""

from dataclasses import replace
from typing import Final

from contracts.actions import NoAction
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import BACK_PATH

TIMEOUT_S: Final = 30
TERMINAL: Final = "00000001"
"""`termId`: ours has no till of its own."""


def call(order: PayOrder, account: Account) -> Call:
    body = trade.write(order) | {"qrNo": order.auth_code, "termId": TERMINAL}
    return replace(Call("POST", BACK_PATH, body=body), timeout_s=TIMEOUT_S)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    trade.check_it_is(answer.content, order.payment_no, order.begun_at)
    return Pending(NoAction())
