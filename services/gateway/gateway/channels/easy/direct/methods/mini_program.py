"""In a mini program (小程序) of WeChat.

Source: s.apifox.cn/9758ecc8 (trade/jsapi)
"""

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct.methods.jsapi import outcome, place
from gateway.channels.plugin import Call, PayOrder

__all__ = ["call", "outcome"]


def call(order: PayOrder, account: Account) -> Call:
    return place(order, account, "WeChatMiniApp", account.mini_program_appid)
