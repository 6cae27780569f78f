"""On a page inside WeChat, paid by its bridge.

Source: s.apifox.cn/9758ecc8 (trade/jsapi); `payerId`, `wxSubAppid` and `wxWcPayData` as in
易企通 1.0. That of the other wallets' bridges is not printed there.
"""

from collections.abc import Mapping
from typing import Any

from contracts.actions import JsapiAction
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import trade
from gateway.channels.easy.direct.methods import placed
from gateway.channels.easy.direct.wire import JSAPI_PATH
from gateway.channels.formats import json_object
from gateway.channels.plugin import Answer, Call, Outcome, PayOrder, Unverifiable


def call(order: PayOrder, account: Account) -> Call:
    return place(order, account, "WeChatJsapi", account.official_account_appid)


def place(order: PayOrder, account: Account, pay_type: str, appid: str) -> Call:
    """`order.openid` is the payer under the app of this appid."""
    payer = {"payerId": order.openid or ""} | ({"wxSubAppid": appid} if appid else {})
    return Call("POST", JSAPI_PATH, body=trade.write(order, account, pay_type, payer))


def outcome(answer: Answer, order: PayOrder, account: Account) -> Outcome:
    return placed.outcome(answer, order, _action)


def _action(body: Mapping[str, Any]) -> JsapiAction:
    given = body["respOrderInfo"].get("wxWcPayData")
    params = json_object(given.encode()) if isinstance(given, str) else given
    if not isinstance(params, dict) or not all(isinstance(it, str) for it in params.values()):
        raise Unverifiable("no wxWcPayData")
    if not params:
        raise Unverifiable("an empty wxWcPayData")
    return JsapiAction(params=params)
