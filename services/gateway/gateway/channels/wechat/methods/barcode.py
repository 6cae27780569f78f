"""WeChat Pay v3 payment code (付款码): the payer's code was scanned; paid at once or after a PIN.

What stays unclear is queried, and reversed in the end (`operations/close.py`).

Source: pay.weixin.qq.com/doc/v3/merchant/4016077294
"""

from dataclasses import replace
from typing import Final

from contracts.actions import NoAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.wechat import codes, trade
from gateway.channels.wechat.account import Account

TIMEOUT_S: Final = 30
NOT_OF_CODES: Final = ("time_expire", "notify_url")
"""Members of other orders that this one does not know: it is paid at once, or not."""


def call(order: PayOrder, account: Account) -> Call:
    common = trade.write(order, account)
    body = {name: value for name, value in common.items() if name not in NOT_OF_CODES}
    body["payer"] = {"auth_code": order.auth_code}
    body["scene_info"] = {
        "device_ip": order.client_ip or trade.NO_ADDRESS,
        "store_info": {"id": account.store_id},
    }
    return Call("POST", account.path("codepay"), body=body, timeout_s=TIMEOUT_S)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY_BY_CODE):
        return refusal
    if text(answer.content, "out_trade_no") != order.payment_no:
        raise Unverifiable("the answer speaks of another payment")
    stated = trade.read(answer.content, account)
    return replace(stated, action=NoAction()) if isinstance(stated, Pending) else stated
