"""WeChat Pay v3 from its own end. Source: pay.weixin.qq.com/doc/v3/merchant/4012365342"""

import base64
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.unit.gateway.channels.channel_side import (
    CHANNEL_NO,
    MERCHANT,
    NOW,
    RETURN_NO,
    SHARES,
    SPLIT_NO,
    AnySide,
    Asked,
    Pair,
    tables,
)

from contracts.api import Method
from gateway.channels import wechat
from gateway.channels.plugin import RawNotification, Reply, Request
from gateway.channels.wechat import codes

MCHID, APPID, SERIAL = "1900000109", "wxd678efh567hg6787", "4A5B6C7D" * 5
KEY_ID = "PUB_KEY_ID_0119000001092024"
APIV3_KEY = "0123456789abcdefghijklmnopqrstuv"
TRANSACTION_ID = "4200002026013100000000000001"
REFUND_ID = "50300000202601310000000000001"
ORDER_ID, RETURN_ID = "30000000202601310000000000001", "30080000202601310000000000001"


class WechatSide(AnySide):
    plugin = wechat.PLUGIN

    def __init__(self) -> None:
        super().__init__()
        self.merchant, self.platform = Pair(), Pair()
        self.serial = KEY_ID

    def credentials(self) -> dict[str, Any]:
        return {
            "base_url": "https://wechat.example",
            "mchid": MCHID,
            "appid": APPID,
            "apiv3_key": APIV3_KEY,
            "merchant_serial_no": SERIAL,
            "merchant_private_key_pem": self.merchant.private_pem,
            "platform_public_key_id": KEY_ID,
            "platform_public_key_pem": self.platform.public_pem,
        }

    def asked(self, request: Request) -> Asked:
        scheme, _, rest = request.headers["Authorization"].partition(" ")
        parts = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        url = urlsplit(request.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        head = f"{request.verb}\n{path}\n{parts['timestamp']}\n{parts['nonce_str']}\n"
        assert scheme == "WECHATPAY2-SHA256-RSA2048"
        assert (parts["mchid"], parts["serial_no"]) == (MCHID, SERIAL)
        assert int(parts["timestamp"]) == int(NOW.timestamp())
        assert 0 < len(parts["nonce_str"]) <= 32
        assert request.headers["User-Agent"]
        assert request.headers["Accept"] == "application/json"
        assert request.headers["Wechatpay-Serial"]
        assert ("Content-Type" in request.headers) == bool(request.body)
        assert self.merchant.is_signed(head.encode() + request.body + b"\n", parts["signature"])
        content = json.loads(request.body) if request.body else dict(parse_qsl(url.query))
        return Asked(f"{request.verb} {url.path}", content)

    def signed(self, body: bytes, *, age_s: int = 0, nonce: str = "n0nce") -> dict[str, str]:
        timestamp = str(int(NOW.timestamp()) - age_s)
        return {
            "wechatpay-timestamp": timestamp,
            "wechatpay-nonce": nonce,
            "wechatpay-serial": self.serial,
            "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
            "wechatpay-signature": self.platform.sign(
                f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
            ),
        }

    def answer(self, content: dict[str, Any] | None, status: int = 200) -> Reply:
        body = b"" if content is None else json.dumps(self.change(content)).encode()
        return Reply(status, self.signed(body), body)

    def transaction(self, payment_no: str, state: str, amount_minor: int = 1299) -> dict[str, Any]:
        content: dict[str, Any] = {
            "appid": APPID,
            "mchid": MCHID,
            "out_trade_no": payment_no,
            "trade_state": state,
            "trade_state_desc": "…",
            "amount": {"total": amount_minor, "currency": "CNY"},
        }
        if state in ("SUCCESS", "REFUND"):
            content |= {
                "transaction_id": TRANSACTION_ID,
                "trade_type": "NATIVE",
                "success_time": "2026-01-31T12:00:05+08:00",
            }
            content["amount"] |= {"payer_total": amount_minor - 1, "payer_currency": "CNY"}
        return content

    def refund(self, refund_no: str, payment_no: str, state: str) -> dict[str, Any]:
        content = {
            "refund_id": REFUND_ID,
            "out_refund_no": refund_no,
            "transaction_id": TRANSACTION_ID,
            "out_trade_no": payment_no,
            "user_received_account": "支付用户零钱",
            "status": state,
            "amount": {"total": 1299, "refund": 500, "payer_refund": 499, "currency": "CNY"},
        }
        if state == "SUCCESS":
            content["success_time"] = "2026-01-31T12:00:09+08:00"
        return content

    def notification(
        self, event: str, content: dict[str, Any], *, key: str = APIV3_KEY, age_s: int = 0
    ) -> RawNotification:
        nonce, kind = secrets.token_hex(6), event.partition(".")[0].lower()
        sealed = AESGCM(key.encode()).encrypt(
            nonce.encode(), json.dumps(self.change(content)).encode(), kind.encode()
        )
        body = json.dumps(
            {
                "id": "EV-2026",
                "create_time": "2026-01-31T12:00:05+08:00",
                "resource_type": "encrypt-resource",
                "event_type": event,
                "summary": "…",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": kind,
                    "nonce": nonce,
                    "original_type": kind,
                },
            }
        ).encode()
        return RawNotification(self.signed(body, age_s=age_s), body)

    def refund_notification(self, refund_no: str, payment_no: str, state: str) -> RawNotification:
        content = self.refund(refund_no, payment_no, state) | {"mchid": MCHID}
        content["refund_status"] = content.pop("status")
        content["amount"].pop("currency")
        return self.notification(f"REFUND.{state}", content)

    # ── the Side of the conformance suite ──

    def prepared(self, method: Method, payment_no: str) -> Reply:
        match method:
            case Method.NATIVE | Method.PC:
                return self.answer({"code_url": "weixin://wxpay/bizpayurl?pr=abc"})
            case Method.H5:
                return self.answer({"h5_url": "https://wx.tenpay.example/checkmweb?prepay_id=wx1"})
            case Method.BARCODE:
                return self.answer(self.transaction(payment_no, "SUCCESS"))
            case _:
                return self.answer({"prepay_id": "wx31120000prepay"})

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        return self.answer(self.transaction(payment_no, "SUCCESS", amount_minor))

    def unpaid(self, payment_no: str) -> Reply:
        return self.answer(self.transaction(payment_no, "NOTPAY"))

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.answer(self.transaction(payment_no, "UNHEARD_OF"))

    def closed(self, method: Method, payment_no: str) -> Reply:
        return self.answer(None, 204)

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.refund(refund_no, payment_no, "PROCESSING"))

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.refund(refund_no, payment_no, "SUCCESS"))

    def split_taken(self, split_no: str) -> Reply:
        shares = {account: (amount, "processing") for account, amount in SHARES.items()}
        return self.answer(self.split(split_no, shares, "PROCESSING"))

    def split_reply(self, split_no: str, shares: Mapping[str, tuple[int, str]]) -> Reply:
        return self.answer(self.split(split_no, shares, "FINISHED"))

    def split(
        self, split_no: str, shares: Mapping[str, tuple[int, str]], state: str
    ) -> dict[str, Any]:
        """With what becomes the merchant's own, as WeChat Pay tells it."""
        names = {"processing": "PENDING", "succeeded": "SUCCESS", "failed": "CLOSED"}
        receivers = [
            {"account": account, "amount": amount, "result": names.get(state, state)}
            | ({"fail_reason": "NO_RELATION"} if state == "failed" else {})
            for account, (amount, state) in shares.items()
        ]
        rest = {"account": MCHID, "amount": 700, "result": "SUCCESS", "description": "解冻给分账方"}
        return {
            "transaction_id": CHANNEL_NO,
            "out_order_no": split_no,
            "order_id": ORDER_ID,
            "state": state,
            "receivers": [*receivers, rest],
        }

    def given_back(self, result: str, amount: int = 100) -> Reply:
        return self.answer(
            {
                "order_id": ORDER_ID,
                "out_order_no": SPLIT_NO,
                "out_return_no": RETURN_NO,
                "return_id": RETURN_ID,
                "return_mchid": MERCHANT,
                "amount": amount,
                "result": result,
            }
            | ({"fail_reason": "BALANCE_NOT_ENOUGH"} if result == "FAILED" else {})
        )

    def refused(self, code: str, status: int = 400) -> Reply:
        body = json.dumps({"code": code, "message": "不行"}, ensure_ascii=False).encode()
        return Reply(status, self.signed(body), body)

    def unsigned(self) -> Iterator[Reply]:
        """What a machine in between may answer in WeChat Pay's name."""
        for code in {row for table in tables(codes) for row in table}:
            for status in (400, 401, 403, 404, 429, 500):
                yield Reply(status, {}, self.refused(code, status).body)

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        content = self.transaction(payment_no, "SUCCESS", amount_minor)
        return self.notification("TRANSACTION.SUCCESS", content)

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        content = self.transaction(payment_no, "UNHEARD_OF")
        return self.notification("TRANSACTION.SUCCESS", content)

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        content = self.transaction(payment_no, "SUCCESS") | {"mchid": "1900000110"}
        return self.notification("TRANSACTION.SUCCESS", content)
