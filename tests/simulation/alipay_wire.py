"""Alipay's side of its wire, written after its documents and not after our plugin: verifies what we
sign, and signs what it answers and tells.

Source: opendocs.alipay.com/common/02kf5q (requests), 02mse7 (answers), open/05osv9 (notifications)
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.simulation.trades import Notification

from gateway.channels.alipay.credentials import Account, Credentials, open_account
from gateway.channels.plugin import RawNotification, Reply, Request

APP_ID: Final = "2021000000000001"
SELLER_ID: Final = "2088000000000001"
BEIJING: Final = timedelta(hours=8)
OPERATIONS: Final = {
    "alipay.trade.precreate": "pay",
    "alipay.trade.pay": "pay",
    "alipay.trade.wap.pay": "pay",
    "alipay.trade.query": "query",
    "alipay.trade.close": "close",
    "alipay.trade.cancel": "close",
    "alipay.trade.refund": "refund",
    "alipay.trade.fastpay.refund.query": "query_refund",
}
METHODS: Final = {"alipay.trade.pay": "barcode", "alipay.trade.wap.pay": "h5"}
NO_SPLITS: Final = "no_splits"
NEW: Final = {"code": "19999", "msg": "new in this year"}


@dataclass(frozen=True, slots=True)
class Keys:
    app: rsa.RSAPrivateKey
    alipay: rsa.RSAPrivateKey
    following: rsa.RSAPrivateKey
    """Alipay's own after the first."""
    thief: rsa.RSAPrivateKey


@cache
def keys() -> Keys:
    """Of this process; nothing in a story depends on them."""
    return Keys(*(rsa.generate_private_key(65537, 2048) for _ in range(4)))


@cache
def opened(account: str, alipay: rsa.RSAPrivateKey) -> Account:
    """The account as it is registered with us, with this key of Alipay's. To read a key takes as
    long as a third of a world."""
    private = keys().app.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = alipay.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    credentials = {
        "gateway_url": f"https://{account}.example/gateway.do",
        "app_id": APP_ID,
        "app_private_key_pem": private.decode(),
        "alipay_public_key_pem": public.decode(),
        "seller_id": SELLER_ID,
    }
    return open_account(Credentials.model_validate(credentials))


class AlipayWire:
    """For `party_wire.PartyWire`. `key` is the one that Alipay signs with now."""

    def __init__(self) -> None:
        self.key = keys().alipay

    def read(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        """Raises InvalidSignature where the app did not sign it."""
        params = dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))
        params |= dict(parse_qsl(request.body.decode()))
        signature = base64.b64decode(params.pop("sign"))
        keys().app.public_key().verify(
            signature, _signed_text(params), padding.PKCS1v15(), hashes.SHA256()
        )
        content = json.loads(params["biz_content"])
        asked = {"payment_no": content.get("out_trade_no", "")}
        match operation := OPERATIONS.get(params["method"], NO_SPLITS):
            case "pay":
                asked |= {
                    "amount": _minor(content["total_amount"]),
                    "currency": "CNY",
                    "method": METHODS.get(params["method"], "native"),
                    "auth_code": content.get("auth_code", ""),
                    "expires_at": _utc(content["time_expire"]).isoformat(),
                }
            case "refund":
                asked["amount"] = _minor(content["refund_amount"])
        return operation, asked | {"refund_no": content.get("out_request_no", "")}

    def write(self, request: Request, content: Mapping[str, Any]) -> Reply:
        method = dict(parse_qsl(urlsplit(request.url).query))["method"]
        _, asked = self.read(request)
        node = json.dumps(_node(method, asked, content))
        name = method.replace(".", "_") + "_response"
        signature = _sign(self.key, node.encode())
        return Reply(200, {}, f'{{"{name}":{node},"sign":"{signature}"}}'.encode())

    def notification(self, words: Notification) -> RawNotification | None:
        return _signed_form(_fields(words), self.key)

    def forged(self, words: Notification) -> RawNotification:
        return _signed_form(_fields(words), keys().thief) or RawNotification({}, b"")


def _node(method: str, asked: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    about = {"code": "10000", "msg": "Success", "out_trade_no": asked["payment_no"]}
    if content["code"] == "new_in_this_year":
        return NEW
    match OPERATIONS.get(method, NO_SPLITS):
        case "pay":
            return _paid(method, content["code"], about, content)
        case "close":
            return _closed(method, about, content)
        case "query" if content["code"] != "not_found":
            return about | _trade(content, "send_pay_date")
        case "refund" if content["code"] == "returned":
            total = _decimal(content["trade"]["returned"])
            return about | {"fund_change": "Y", "refund_fee": total}
        case "refund":
            return _refused("ACQ.REASON_TRADE_REFUND_FEE_ERR", content)
        case "query_refund":
            return _refund_queried(asked, about, content)
        case "no_splits":
            return _refused("ACQ.PRODUCT_UNSIGN", content)
        case _:
            return _refused("ACQ.TRADE_NOT_EXIST", content)


def _closed(method: str, about: dict[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    is_cancel = method == "alipay.trade.cancel"
    match content["code"]:
        case "not_found" if is_cancel:
            return about | {"retry_flag": "N"}
        case "not_found":
            return _refused("ACQ.TRADE_NOT_EXIST", content)
        case "closed":
            return about | {"trade_no": "T", "retry_flag": "N", "action": "close"}
        case "reversed" if is_cancel:
            return about | {"trade_no": "T", "retry_flag": "N", "action": "refund"}
        case _:
            return _refused("ACQ.TRADE_STATUS_ERROR", content)


def _refund_queried(
    asked: Mapping[str, Any], about: dict[str, Any], content: Mapping[str, Any]
) -> dict[str, Any]:
    """Of what it does not know, or refused, it says nothing."""
    if content["code"] != "returned":
        return {"code": "10000", "msg": "Success"}
    return about | {
        "out_request_no": asked["refund_no"],
        "refund_status": "REFUND_SUCCESS",
        "refund_amount": _decimal(content["amount"]),
    }


def _paid(
    method: str, code: str, about: dict[str, Any], content: Mapping[str, Any]
) -> dict[str, Any]:
    is_barcode = method == "alipay.trade.pay"
    match code:
        case "created" if is_barcode:
            return about | {"code": "10003", "msg": "order success pay inprocess"}
        case "created":
            return about | {"qr_code": f"https://qr.example/{about['out_trade_no']}"}
        case "paid" if is_barcode:
            return about | _trade(content, "gmt_payment")
        case "paid":
            return _refused("ACQ.TRADE_HAS_SUCCESS", content)
        case "declined":
            return _refused("ACQ.TOTAL_FEE_EXCEED", content)
        case _:
            return _refused("ACQ.TRADE_HAS_CLOSE", content)


def _trade(words: Mapping[str, Any], paid_at: str) -> dict[str, Any]:
    """Empty and zero where there is nothing to say."""
    content_of_it = {"out_trade_no": words["payment_no"], "trade_no": words["trade_no"]}
    if "paid_at" not in words:
        state = "WAIT_BUYER_PAY" if words["code"] == "created" else "TRADE_CLOSED"
        return content_of_it | {"trade_status": state, "refund_fee": "0.00", paid_at: ""}
    is_all_back = words["returned"] >= words["amount"]
    return content_of_it | {
        "trade_status": "TRADE_CLOSED" if is_all_back else "TRADE_SUCCESS",
        "total_amount": _decimal(words["amount"]),
        paid_at: _spaced(words["paid_at"]),
        "refund_fee": _decimal(words["returned"]),
    }


def _fields(words: Notification) -> dict[str, str] | None:
    """Of a refund that came to nothing Alipay says nothing."""
    is_refund = "refund_no" in words
    if is_refund and words["code"] != "returned":
        return None
    trade = words["trade"] if is_refund else words
    number = words["refund_no"] if is_refund else trade.get("return_no")
    return {
        "notify_type": "trade_status_sync",
        "notify_time": _spaced(words["at"]),
        "app_id": APP_ID,
        "seller_id": SELLER_ID,
        **_trade(trade, "gmt_payment"),
        "out_biz_no": number or "",
        "gmt_refund": _spaced(words["at"]) if number else "",
    }


def _refused(sub_code: str, content: Mapping[str, Any]) -> dict[str, Any]:
    message = content.get("message", "refused")
    return {
        "code": "40004",
        "msg": "Business Failed",
        "sub_code": sub_code,
        "sub_msg": message,
    }


def _signed_form(fields: dict[str, str] | None, key: rsa.RSAPrivateKey) -> RawNotification | None:
    if fields is None:
        return None
    content_of_it = {name: value for name, value in fields.items() if value}
    signature = _sign(key, _signed_text(content_of_it))
    return RawNotification(
        {}, urlencode(fields | {"sign": signature, "sign_type": "RSA2"}).encode()
    )


def _signed_text(params: Mapping[str, str]) -> bytes:
    return "&".join(f"{name}={params[name]}" for name in sorted(params)).encode()


def _sign(key: rsa.RSAPrivateKey, content: bytes) -> str:
    return base64.b64encode(key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


def _minor(amount: str) -> int:
    yuan, fen = amount.split(".")
    return int(yuan) * 100 + int(fen)


def _decimal(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


def _spaced(at: str) -> str:
    return (datetime.fromisoformat(at) + BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _utc(spaced: str) -> datetime:
    return datetime.strptime(spaced, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) - BEIJING
