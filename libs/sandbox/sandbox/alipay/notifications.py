"""Alipay notifications: a signed form, acknowledged by the seven letters `success` alone.

Source: opendocs.alipay.com/open/05osv9
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from sandbox.accounts import Accounts
from sandbox.alipay.account import AlipayAccount
from sandbox.alipay.trades import BUYER_LOGON_ID, UNKNOWN_STATUS, amounts, names, refunded
from sandbox.alipay.wire import signed_text
from sandbox.clock import beijing_text, now
from sandbox.faults import Hit
from sandbox.money import yuan
from sandbox.notifications import SignedNotification
from sandbox.truth import Notification, Refund, Trade, Truth

ANSWER_WITHIN_S = 10.0
_MINUTE, _HOUR = 60, 3600
PAUSES_S = (4 * _MINUTE, 10 * _MINUTE, 10 * _MINUTE, _HOUR, 2 * _HOUR, 6 * _HOUR, 15 * _HOUR)
FACE_TO_FACE_PAUSES_S = (0, 0, 0, *PAUSES_S)


@dataclass(frozen=True, slots=True)
class AlipayNotifications:
    """The form of Alipay's notifications, see `sandbox.notifications.NotificationForm`."""

    accounts: Accounts[AlipayAccount]
    truth: Truth
    timeout_s: float = ANSWER_WITHIN_S

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        return FACE_TO_FACE_PAUSES_S if trade.product in ("precreate", "pay") else PAUSES_S

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        account = self.accounts.get(trade.merchant)
        fields = _content(account, notification, trade, hit)
        if refund is not None and refund.state == "abnormal":
            fields = _bounce_fields(account, notification, trade, refund)
        elif refund is not None:
            fields |= self._refund_fields(trade, refund)
        if "unknown_status" in hit:
            fields["trade_status"] = UNKNOWN_STATUS
        fields["sign"] = account.alipay_key.sign(signed_text(fields, {"sign", "sign_type"}))
        if "tamper" in hit:
            fields["notify_time"] = beijing_text(now() + 1)
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return SignedNotification(urlencode(fields).encode(), headers)

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body == b"success"

    def _refund_fields(self, trade: Trade, refund: Refund) -> dict[str, Any]:
        given = refunded(self.truth.list_refunds(trade))
        finished_at = refund.finished_at or refund.created_at
        return {
            "trade_status": "TRADE_CLOSED" if given >= trade.taken else "TRADE_SUCCESS",
            "out_biz_no": refund.number,
            "refund_fee": yuan(given),
            "send_back_fee": yuan(refund.amount),
            "gmt_refund": f"{beijing_text(finished_at)}.000",
        }


def _content(
    account: AlipayAccount, notification: Notification, trade: Trade, hit: Hit
) -> dict[str, Any]:
    total = yuan(trade.taken)
    paid_with = [{"amount": total, "fundChannel": "ALIPAYACCOUNT"}]
    return (
        names(trade)
        | amounts(trade, hit)
        | {
            "notify_time": beijing_text(now()),
            "notify_type": "trade_status_sync",
            "notify_id": notification.notice_id.replace("-", ""),
            "charset": "utf-8",
            "version": "1.0",
            "sign_type": "RSA2",
            "app_id": account.app_id,
            "auth_app_id": account.app_id,
            "trade_status": "TRADE_SUCCESS",
            "seller_id": account.seller_id,
            "seller_email": account.seller_email,
            "buyer_id": "" if trade.details["buyer_open_id"] else trade.details["buyer_user_id"],
            "buyer_open_id": trade.details["buyer_open_id"],
            "buyer_logon_id": BUYER_LOGON_ID,
            "subject": trade.subject,
            "body": trade.details["body"],
            "passback_params": trade.details["passback_params"],
            # Fields without anything to tell are sent all the same, empty or zero.
            "out_biz_no": "",
            "refund_fee": "0.00",
            "send_back_fee": "0.00",
            "gmt_refund": "",
            "gmt_close": "",
            "of_a_later_release": "?",
            "gmt_create": beijing_text(trade.created_at),
            "gmt_payment": beijing_text(trade.paid_at or trade.created_at),
            "fund_bill_list": orjson.dumps(paid_with).decode(),
        }
    )


def _bounce_fields(
    account: AlipayAccount, notification: Notification, trade: Trade, refund: Refund
) -> dict[str, Any]:
    """A message of another form; in life it goes to the address that is entered with the app.

    Source: opendocs.alipay.com/open/02ekfv
    """
    back_at = refund.details.get("bounced") or refund.finished_at or refund.created_at
    content = names(trade) | {
        "out_request_no": refund.number,
        "dback_status": "F",
        "bank_ack_time": beijing_text(back_at),
    }
    return {
        "notify_id": notification.notice_id.replace("-", ""),
        "utc_timestamp": str(int(now() * 1000)),
        "msg_method": "alipay.trade.refund.depositback.completed",
        "app_id": account.app_id,
        "version": "1.1",
        "biz_content": orjson.dumps(content).decode(),
        "sign_type": "RSA2",
        "charset": "utf-8",
    }
