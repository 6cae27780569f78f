"""UnionPay's notifications (后台通知): a signed form, acknowledged by HTTP 200.

Of payments only success is told, of refunds how they ended. The pauses are an assumption: none are
printed.

Source: open.unionpay.com (acpAPIId=901, 后台通知)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.accounts import Accounts
from sandbox.faults import Hit
from sandbox.notifications import SignedNotification
from sandbox.truth import Notification, Refund, Trade
from sandbox.unionpay.account import UnionpayAccount
from sandbox.unionpay.orders import (
    REFUND_CODES,
    kind_of,
    members_of,
    refund_members,
    text_of,
)
from sandbox.unionpay.wire import SUCCESS, UNKNOWN_CODE, as_form, seal

ANSWER_WITHIN_S = 5.0
PAUSES_S = (30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class UnionpayNotifications:
    """The form of UnionPay's notifications, see `sandbox.notifications.NotificationForm`."""

    accounts: Accounts[UnionpayAccount]
    timeout_s: float = ANSWER_WITHIN_S

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        return PAUSES_S

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        account = self.accounts.get(trade.merchant)
        members = _of_refund(trade, refund, hit) if refund else _of_payment(trade, hit)
        body = as_form(seal(account, {"ofALaterRelease": "?", **members}, hit))
        return SignedNotification(
            body, {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
        )

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200


def _of_payment(trade: Trade, hit: Hit) -> dict[str, str]:
    amount = str(trade.taken + ("wrong_amount" in hit))
    return members_of(trade) | {
        "txnType": "01",
        "txnSubType": trade.details["sub_type"],
        "bizType": trade.details["biz_type"],
        "txnAmt": amount,
        "settleAmt": amount,
        "reqReserved": trade.details.get("reserved", ""),
        **_went(SUCCESS, hit),
    }


def _of_refund(trade: Trade, refund: Refund, hit: Hit) -> dict[str, str]:
    amount = str(refund.amount + ("wrong_amount" in hit))
    return refund_members(refund) | {
        "txnType": kind_of(refund),
        "txnSubType": "00",
        "bizType": trade.details["biz_type"],
        "origQryId": trade.channel_trade_no,
        "txnAmt": amount,
        "settleAmt": amount,
        **_went(REFUND_CODES[refund.state], hit),
    }


def _went(code: str, hit: Hit) -> dict[str, str]:
    code = UNKNOWN_CODE if "unknown_status" in hit else code
    return {"respCode": code, "respMsg": "Success!" if code == SUCCESS else text_of(code)}
