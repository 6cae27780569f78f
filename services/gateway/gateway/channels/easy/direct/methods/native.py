"""A code that we show (主扫), of the wallet that the account names.

Source: s.apifox.cn/9758ecc8 (trade/native)
"""

from collections.abc import Mapping
from typing import Any, Final

from contracts.actions import QrCodeAction
from gateway.channels.easy.credentials import Account, CodeWallet
from gateway.channels.easy.direct import trade
from gateway.channels.easy.direct.methods import placed
from gateway.channels.easy.direct.wire import NATIVE_PATH
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder

PAY_TYPES: Final[Mapping[CodeWallet, str]] = {
    "alipay": "AliPayNative",
    "wechat": "WeChatNative",
    "unionpay": "UnionPayNative",
}


def call(order: PayOrder, account: Account) -> Call:
    pay_type = PAY_TYPES[account.code_wallet]
    return Call("POST", NATIVE_PATH, body=trade.write(order, account, pay_type))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    return placed.outcome(answer, order, _action)


def _action(body: Mapping[str, Any]) -> QrCodeAction:
    return QrCodeAction(qr_code=placed.code_in(body))
