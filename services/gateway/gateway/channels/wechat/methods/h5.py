"""WeChat Pay v3 H5: a mobile browser outside WeChat is sent to a page that opens the wallet.

The page must be opened from a domain that is registered with WeChat Pay.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791834
"""

from urllib.parse import quote

from contracts.actions import RedirectAction
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Pending, Unverifiable
from gateway.channels.wechat import codes, trade
from gateway.channels.wechat.account import Account


def call(order: PayOrder, account: Account) -> Call:
    scene = {
        "payer_client_ip": order.client_ip,
        "h5_info": {"type": "Wap"},
    }
    body = trade.write(order, account) | {"scene_info": scene}
    return Call("POST", account.path("h5"), body=body)


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.PAY):
        return refusal
    url = text(answer.content, "h5_url")
    if not url:
        raise Unverifiable("no h5_url")
    if order.return_url:
        url += f"&redirect_url={quote(order.return_url, safe='')}"
    return Pending(RedirectAction(url=url))
