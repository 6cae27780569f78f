"""Merchants that sign their requests by hand, so that a test can also sign them wrongly."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

BEIJING = timezone(timedelta(hours=8))
NOTIFY_URL = "http://127.0.0.1:1/notices"


def new_number() -> str:
    return f"P{uuid4().hex[:26]}"


def sign(private_key_pem: str, text: str) -> str:
    key = _key_of(private_key_pem)
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


@cache
def _key_of(private_key_pem: str) -> RSAPrivateKey:
    """Parsed once: it takes longer than a request."""
    key = load_pem_private_key(private_key_pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@dataclass(frozen=True)
class WechatMerchant:
    http: httpx.AsyncClient
    known: dict[str, str]

    async def call(
        self,
        verb: str,
        target: str,
        body: dict[str, Any] | None = None,
        *,
        at: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """`at` is this merchant's clock; `headers` replace its own, "" leaves one out."""
        content = "" if body is None else json.dumps(body)
        timestamp, nonce = str(int(time.time() if at is None else at)), uuid4().hex
        text = f"{verb}\n{target}\n{timestamp}\n{nonce}\n{content}\n"
        signature = sign(self.known["merchant_private_key_pem"], text)
        sent = {
            "Authorization": (
                f'WECHATPAY2-SHA256-RSA2048 mchid="{self.known["mchid"]}",nonce_str="{nonce}",'
                f'signature="{signature}",timestamp="{timestamp}",'
                f'serial_no="{self.known["merchant_serial_no"]}"'
            ),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "tests",
            "Wechatpay-Serial": self.known["platform_public_key_id"],
        } | dict(headers or {})
        sent = {name: value for name, value in sent.items() if value}
        return await self.http.request(verb, target, content=content, headers=sent)

    def order(self, number: str, total: int = 100, **more: Any) -> dict[str, Any]:
        return {
            "appid": self.known["appid"],
            "mchid": self.known["mchid"],
            "description": "物业费",
            "out_trade_no": number,
            "notify_url": NOTIFY_URL,
            "amount": {"total": total, "currency": "CNY"},
        } | more

    async def native(self, number: str, total: int = 100, **more: Any) -> httpx.Response:
        path = "/v3/pay/transactions/native"
        return await self.call("POST", path, self.order(number, total, **more))

    async def query(self, number: str) -> httpx.Response:
        path = f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.known['mchid']}"
        return await self.call("GET", path)

    async def close(self, number: str) -> httpx.Response:
        path = f"/v3/pay/transactions/out-trade-no/{number}/close"
        return await self.call("POST", path, {"mchid": self.known["mchid"]})

    async def refund(
        self, number: str, refund_no: str, refund: int, total: int = 100, **changed: str
    ) -> httpx.Response:
        body = {
            "out_trade_no": number,
            "out_refund_no": refund_no,
            "amount": {"refund": refund, "total": total, "currency": "CNY"},
            "notify_url": NOTIFY_URL,
            **changed,
        }
        return await self.call("POST", "/v3/refund/domestic/refunds", body)

    async def query_refund(self, refund_no: str) -> httpx.Response:
        return await self.call("GET", f"/v3/refund/domestic/refunds/{refund_no}")


@dataclass(frozen=True)
class AlipayMerchant:
    http: httpx.AsyncClient
    known: dict[str, str]

    def params(self, method: str, biz: dict[str, Any], **changed: str) -> dict[str, str]:
        """Signed; a changed value of "" leaves the parameter out."""
        params = {
            "app_id": self.known["app_id"],
            "method": method,
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "notify_url": NOTIFY_URL,
            "biz_content": json.dumps(biz, ensure_ascii=False),
        } | changed
        params = {name: value for name, value in params.items() if value}
        text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
        return params | {"sign": sign(self.known["app_private_key_pem"], text)}

    async def send(self, params: dict[str, str]) -> httpx.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        return await self.http.post("/gateway.do", content=urlencode(params), headers=headers)

    async def call(self, method: str, biz: dict[str, Any], **changed: str) -> dict[str, Any]:
        """The node of the answer, whatever its name."""
        answer = (await self.send(self.params(method, biz, **changed))).json()
        node: dict[str, Any] = next(iter(answer.values()))
        return node

    async def precreate(self, number: str, amount: str = "1.00", **more: Any) -> dict[str, Any]:
        biz = {"out_trade_no": number, "total_amount": amount, "subject": "物业费"} | more
        return await self.call("alipay.trade.precreate", biz)


@dataclass(frozen=True)
class EasyMerchant:
    http: httpx.AsyncClient
    known: dict[str, str]

    def trace(self) -> str:
        org_id, at = self.known["org_id"], datetime.now(BEIJING)
        return f"{org_id[:4]}{org_id[-4:]}{at:%Y%m%d%H%M%S}{uuid4().int % 10**6:06d}"

    async def call(self, path: str, biz: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        text = "&".join(f"{name}={value}" for name, value in sorted(biz.items()) if value)
        body = {
            "orgId": self.known["org_id"],
            "orgMerCode": self.known["mer_code"],
            "orgTermNo": self.known["term_no"],
            "orgTrace": self.trace(),
            "prodCode": "ISYH",
            "signType": "RSA2",
            "sign": sign(self.known["org_private_key_pem"], text),
            "bizData": biz,
        } | envelope
        answer: dict[str, Any] = (await self.http.post(path, json=body)).json()
        return answer

    async def order(self, number: str, amount: str = "100", **envelope: Any) -> dict[str, Any]:
        biz = {"title": "物业费", "subject": "物业费", "transAmt": amount, "notifyUrl": NOTIFY_URL}
        return await self.call("/cashier/apply/advancePay", biz, **({"orgInfo": number} | envelope))

    async def query(self, trace: str) -> dict[str, Any]:
        biz = {"oriOrgTrace": trace, "oriBizDate": trace[8:16]}
        return await self.call("/cashier/trade/query", biz)
