"""In an app (手机控件支付): UnionPay's SDK takes the number `tn`.

Source: open.unionpay.com (acpAPIId=3021, appTransReq)
"""

from contracts.actions import AppAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import APP_PATH


def call(order: PayOrder, account: Account) -> Call:
    return Call("POST", APP_PATH, body=trade.write(order))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    trade.check_it_is(answer.content, order.payment_no, order.begun_at)
    tn = text(answer.content, "tn")
    if not tn:
        raise Unverifiable("no tn")
    return Pending(AppAction(params={"tn": tn}))
