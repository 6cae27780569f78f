"""WeChat Pay notifications: AES-GCM sealed, signed, acknowledged by status 200 or 204 alone.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012791861 (payment), 4013071196 (refund)
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.accounts import Accounts
from sandbox.clock import beijing_rfc3339
from sandbox.faults import Hit, swap_one_byte
from sandbox.notifications import SignedNotification
from sandbox.truth import Notification, Refund, Trade
from sandbox.wechat.account import WechatAccount
from sandbox.wechat.certificates import PlatformCertificates
from sandbox.wechat.orders import UNKNOWN_STATE, view
from sandbox.wechat.parties import merchants_of
from sandbox.wechat.refunds import PAYER_ACCOUNT, STATUSES, amounts
from sandbox.wechat.wire import signature_headers, signer_of

ANSWER_WITHIN_S = 5.0
_MINUTE, _HOUR = 60, 3600
PAUSES_S = (
    15, 15, 30, 3 * _MINUTE, 10 * _MINUTE, 20 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE,
    60 * _MINUTE, 3 * _HOUR, 3 * _HOUR, 3 * _HOUR, 6 * _HOUR, 6 * _HOUR,
)  # fmt: skip
PROBE = "WECHATPAY/SIGNTEST/"
REFUND_SUMMARIES = {"SUCCESS": "退款成功", "CLOSED": "退款关闭", "ABNORMAL": "退款异常"}


@dataclass(frozen=True, slots=True)
class WechatNotifications:
    """The form of WeChat's notifications, see `sandbox.notifications.NotificationForm`."""

    accounts: Accounts[WechatAccount]
    certificates: PlatformCertificates
    timeout_s: float = ANSWER_WITHIN_S

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        return PAUSES_S

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        account = self.accounts.get(trade.merchant)
        if refund is None:
            content = view(trade, "SUCCESS", hit)
            body = _envelope(account, notification, "TRANSACTION.SUCCESS", "支付成功", content)
        else:
            status = _refund_status(refund)
            content = _refund_fields(trade, refund, hit)
            summary = REFUND_SUMMARIES[status]
            body = _envelope(account, notification, f"REFUND.{status}", summary, content)
        details = trade.details if refund is None else refund.details
        signer = signer_of(account, details["signer"], self.certificates)
        headers = signature_headers(signer, body)
        if "probe" in hit:
            headers["Wechatpay-Signature"] = PROBE + headers["Wechatpay-Signature"]
        headers["Content-Type"] = "application/json"
        return SignedNotification(swap_one_byte(body) if "tamper" in hit else body, headers)

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return status in (200, 204)


def _refund_status(refund: Refund) -> str:
    """A refund on its way again was abnormal when this notification was due, and so it is told."""
    return "ABNORMAL" if refund.state == "processing" else STATUSES[refund.state]


def _envelope(
    account: WechatAccount,
    notification: Notification,
    event_type: str,
    summary: str,
    content: dict[str, Any],
) -> bytes:
    kind = "transaction" if notification.refund_id is None else "refund"
    nonce = secrets.token_hex(6)
    sealed = account.aes.encrypt(nonce.encode(), orjson.dumps(content), kind.encode())
    return orjson.dumps(
        {
            "id": notification.notice_id,
            "create_time": beijing_rfc3339(notification.created_at),
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": summary,
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": kind,
                "nonce": nonce,
            },
        }
    )


def _refund_fields(trade: Trade, refund: Refund, hit: Hit) -> dict[str, Any]:
    """Not the query's object: here the state is called refund_status, and no currency is told."""
    content: dict[str, Any] = {
        **merchants_of(trade),
        "out_trade_no": trade.number,
        "transaction_id": trade.channel_trade_no,
        "out_refund_no": refund.number,
        "refund_id": refund.channel_refund_no,
        "refund_status": UNKNOWN_STATE if "unknown_status" in hit else _refund_status(refund),
        "user_received_account": PAYER_ACCOUNT,
        "amount": amounts(trade, refund, hit),
    }
    if refund.state == "succeeded" and refund.finished_at is not None:
        content["success_time"] = beijing_rfc3339(refund.finished_at)
    return content
