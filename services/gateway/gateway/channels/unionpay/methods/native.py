"""A code that we show (主扫, 二维码消费).

Source: open.unionpay.com (acpAPIId=793, 申请消费二维码)
"""

from contracts.actions import QrCodeAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.unionpay import codes, trade
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import BACK_PATH


def call(order: PayOrder, account: Account) -> Call:
    return Call("POST", BACK_PATH, body=trade.write(order))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    trade.check_it_is(answer.content, order.payment_no, order.begun_at)
    qr_code = text(answer.content, "qrCode")
    if not qr_code:
        raise Unverifiable("no qrCode")
    return Pending(QrCodeAction(qr_code=qr_code))
