"""Alipay QR (当面付扫码, 订单码): a QR code that the payer scans, `alipay.trade.precreate`.

Source: opendocs.alipay.com/open/02ekfg
"""

from contracts.actions import QrCodeAction
from gateway.channels.alipay import codes, trade
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable


def call(order: PayOrder, account: Account) -> Call:
    content = trade.write(order, account.native_product_code)
    return trade.asking("alipay.trade.precreate", order, content)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    if text(answer.content, "out_trade_no") != order.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    qr_code = text(answer.content, "qr_code")
    if not qr_code:
        raise Unverifiable("no qr_code")
    return Pending(QrCodeAction(qr_code=qr_code))
