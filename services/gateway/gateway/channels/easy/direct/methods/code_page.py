"""On a phone, from a browser or an app: the page that stands behind a code.

The direct API has neither of the two. The codes of Alipay and UnionPay are addresses of pages of
theirs that call the wallet up; those of WeChat Pay are not: its accounts are given Alipay's.

Source: s.apifox.cn/9758ecc8 (trade/native)
"""

from collections.abc import Mapping
from typing import Any

from contracts.actions import RedirectAction
from gateway.channels.easy.credentials import Account, CodeWallet
from gateway.channels.easy.direct import trade
from gateway.channels.easy.direct.methods import native, placed
from gateway.channels.easy.direct.wire import NATIVE_PATH
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Unverifiable


def call(order: PayOrder, account: Account) -> Call:
    wallet: CodeWallet = "unionpay" if account.code_wallet == "unionpay" else "alipay"
    pay_type = native.PAY_TYPES[wallet]
    return Call("POST", NATIVE_PATH, body=trade.write(order, account, pay_type))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    return placed.outcome(answer, order, _action)


def _action(body: Mapping[str, Any]) -> RedirectAction:
    code = placed.code_in(body)
    if not code.lower().startswith(("https://", "http://")):
        raise Unverifiable("the code leads to no page")
    return RedirectAction(url=code)
