"""易生 notifications: the signed envelope, acknowledged by `{"code":"000000"}`.

Source: apifox.com/apidoc/docs-site/2466304, api-266899504. The pauses are an assumption: for
this product none are printed, and merchant-onboarding callbacks are sent three times more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from sandbox.accounts import Accounts
from sandbox.clock import beijing_compact
from sandbox.easy.account import EasyAccount
from sandbox.easy.direct import orders as direct_orders
from sandbox.easy.direct import wire as direct_wire
from sandbox.easy.orders import STATE_CODES, owner, paid_members
from sandbox.easy.wire import UNKNOWN_CODE, seal
from sandbox.faults import Hit
from sandbox.notifications import SignedNotification
from sandbox.truth import Notification, Refund, Trade

ANSWER_WITHIN_S = 5.0
PAUSES_S = (15, 60, 300)


@dataclass(frozen=True, slots=True)
class EasyNotifications:
    """易生's form, see `sandbox.notifications.NotificationForm`; refunds have none."""

    accounts: Accounts[EasyAccount]
    timeout_s: float = ANSWER_WITHIN_S

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        return PAUSES_S

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        account = self.accounts.get(trade.merchant)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if trade.product == "direct":
            return SignedNotification(_of_direct(account, trade, hit), headers)
        envelope = owner(account) | {
            "orgTrace": trade.number,
            "orgInfo": trade.details["org_info"],
            "orgDeviceIp": trade.details["device_ip"],
        }
        body = seal(account, envelope, _content(trade, hit), hit)
        return SignedNotification(body, headers)

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        if status != 200:
            return False
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            return False
        return isinstance(answer, dict) and answer.get("code") == "000000"


def _of_direct(account: EasyAccount, trade: Trade, hit: Hit) -> bytes:
    """Source: s.apifox.cn/9758ecc8"""
    state = direct_orders.STATES["paid"]
    if "unknown_status" in hit:
        state = (direct_wire.UNKNOWN_STATE, "未知状态")
    return direct_wire.notification(account, state, direct_orders.members_of(trade, hit), hit)


def _content(trade: Trade, hit: Hit) -> dict[str, str]:
    amount = str(trade.taken + ("wrong_amount" in hit))
    compact = beijing_compact(trade.paid_at or trade.created_at)
    code, message = STATE_CODES["paid"]
    return paid_members(trade) | {
        "tradeAmt": amount,
        "actuallyAmt": amount,
        "slmtAmt": amount,
        "preferentialAmt": "0",
        "outCdnoType": "01",
        "stlmTime": compact[8:],
        "tradeDate": compact[:8],
        "tradeTime": compact[8:],
        "tradeRetCode": UNKNOWN_CODE if "unknown_status" in hit else code,
        "tradeRetMsg": message,
    }
