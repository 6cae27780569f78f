"""WeChat Pay v3 app: paid by WeChat's SDK in a mobile app.

Source: pay.weixin.qq.com/doc/v3/merchant/4013070347 (order), 4013070351 (SDK)
"""

from contracts.actions import AppAction
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending
from gateway.channels.wechat import codes, trade
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.methods.prepaid import prepay_id_of, sign_lines, stamp_of


def call(order: PayOrder, account: Account) -> Call:
    return Call("POST", account.path("app"), body=trade.write(order, account))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    prepay_id = prepay_id_of(answer)
    timestamp, nonce = stamp_of(answer)
    params = {
        "appid": account.calling_app(),
        "partnerid": account.sub_mchid or account.mchid,
        "prepayid": prepay_id,
        "package": "Sign=WXPay",
        "noncestr": nonce,
        "timestamp": timestamp,
        "sign": sign_lines(account, account.calling_app(), timestamp, nonce, prepay_id),
    }
    return Pending(AppAction(params=params))
