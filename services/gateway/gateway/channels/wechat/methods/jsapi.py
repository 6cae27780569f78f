"""WeChat Pay v3 JSAPI: on a page inside WeChat, paid by the bridge.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791856 (order), 4012791857 (bridge)
"""

from contracts.actions import JsapiAction
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending
from gateway.channels.wechat import codes, trade
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.methods.prepaid import prepay_id_of, sign_lines, stamp_of


def call(order: PayOrder, account: Account) -> Call:
    """`order.openid` is the payer under the app that calls the payment."""
    body = trade.write(order, account) | {"payer": account.payer(order.openid)}
    return Call("POST", account.path("jsapi"), body=body)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    package = f"prepay_id={prepay_id_of(answer)}"
    timestamp, nonce = stamp_of(answer)
    params = {
        "appId": account.calling_app(),
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": sign_lines(account, account.calling_app(), timestamp, nonce, package),
    }
    return Pending(JsapiAction(params=params))
