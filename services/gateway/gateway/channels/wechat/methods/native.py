"""WeChat Pay v3 Native (扫码支付): a QR code that the payer scans.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791877
"""

from contracts.actions import QrCodeAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.wechat import codes, trade
from gateway.channels.wechat.account import Account


def call(order: PayOrder, account: Account) -> Call:
    return Call("POST", account.path("native"), body=trade.write(order, account))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    code_url = text(answer.content, "code_url")
    if not code_url:
        raise Unverifiable("no code_url")
    return Pending(QrCodeAction(qr_code=code_url))
