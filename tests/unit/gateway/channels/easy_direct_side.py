"""易企通 2.0 from 易生's end. Source: s.apifox.cn/9758ecc8"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.unit.gateway.channels.channel_side import BEIJING, NOW, AnySide, Asked, Pair, tables

from contracts.api import Method
from gateway.channels import easy
from gateway.channels.easy.direct import codes
from gateway.channels.plugin import RawNotification, Reply, Request

ORG_ID, MER_CODE = "ORG000000001215", "850000000000001"
PAGE = "https://qr.example/bax0001"
BRIDGE = {"appId": "wx1", "timeStamp": "1", "nonceStr": "n", "package": "p", "signType": "RSA"}


def canonical(value: Any) -> str:
    """Written anew, member by member: keys in order, nothing escaped but what must be."""
    if isinstance(value, dict):
        members = (f"{canonical(name)}:{canonical(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def text_to_sign(header: Mapping[str, Any], body: Mapping[str, Any]) -> bytes:
    digest = hashlib.md5(canonical(body).encode()).hexdigest().upper()
    return (canonical(header) + digest).encode()


class EasyDirectSide(AnySide):
    plugin = easy.PLUGIN.products["direct"]
    tells_refund_amounts = False

    def __init__(self) -> None:
        super().__init__()
        self.org, self.platform = Pair(), Pair()

    def credentials(self) -> dict[str, Any]:
        return {
            "product": "direct",
            "base_url": "https://easy.example/yqt",
            "org_id": ORG_ID,
            "mer_code": MER_CODE,
            "org_private_key_pem": self.org.private_pem,
            "easypay_public_key_pem": self.platform.public_pem,
        }

    def asked(self, request: Request) -> Asked:
        content = json.loads(request.body)
        header, body = content["reqHeader"], content["reqBody"]
        assert request.verb == "POST"
        assert request.headers["Content-Type"].startswith("application/json")
        assert header == {
            "transTime": f"{NOW.astimezone(BEIJING):%Y%m%d%H%M%S}",
            "reqId": ORG_ID,
            "reqType": "2",
        }
        assert body["reqInfo"] == {"mchtCode": MER_CODE}
        assert len(body["reqOrderInfo"].get("orderSub", "").encode()) <= 127
        assert self.org.is_signed(text_to_sign(header, body), content["reqSign"])
        return Asked(urlsplit(request.url).path, body)

    def sealed(self, kind: str, header: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        body = self.change(body)
        return {
            f"{kind}Header": header,
            f"{kind}Body": body,
            f"{kind}Sign": self.platform.sign(text_to_sign(header, body)),
        }

    def answer(self, body: dict[str, Any], code: str = "000000") -> Reply:
        content = self.sealed("rsp", {"rspCode": code, "rspInfo": "…"}, body)
        return Reply(200, {}, json.dumps(content, ensure_ascii=False).encode())

    def body(
        self,
        state: object,
        order: dict[str, Any],
        code: str = "000000",
        mer_code: object = MER_CODE,
    ) -> dict[str, Any]:
        return {
            "reqInfo": {"mchtCode": mer_code},
            "respStateInfo": {
                "respCode": code,
                "respDesc": "…",
                "transState": state,
                "transStatusDesc": "交易/状态",
            },
            "respOrderInfo": order,
        }

    def trade(self, number: str, amount_minor: int = 1299) -> dict[str, Any]:
        return {
            "orgTrace": number,
            "outTrace": "EQ20260131000001",
            "transAmount": amount_minor,
            "timeEnd": "20260131120005",
        }

    def notification(
        self, payment_no: str, state: str, amount_minor: int = 1299, mer_code: str = MER_CODE
    ) -> RawNotification:
        header = {"transTime": "20260131120006", "reqId": ORG_ID, "reqType": "2"}
        body = self.body(state, self.trade(payment_no, amount_minor), mer_code=mer_code)
        content = self.sealed("req", header, body)
        return RawNotification({"content-type": "application/json"}, json.dumps(content).encode())

    # ── the Side of the conformance suite ──

    def prepared(self, method: Method, payment_no: str) -> Reply:
        order: dict[str, Any] = {"orgTrace": payment_no, "transAmount": 1299}
        if method in (Method.JSAPI, Method.MINI_PROGRAM):
            order["wxWcPayData"] = json.dumps(BRIDGE)
        else:
            order["qrCode"] = PAGE
        return self.answer(self.body("9", order))

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        return self.answer(self.body("0", self.trade(payment_no, amount_minor)))

    def unpaid(self, payment_no: str) -> Reply:
        return self.answer(self.body("9", {"orgTrace": payment_no, "transAmount": 1299}))

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.answer(self.body("UNHEARD_OF", self.trade(payment_no)))

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.body("9", {"orgTrace": refund_no, "outTrace": "ET1"}))

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.body("2", self.trade(refund_no, 500)))

    def refused(self, code: str) -> Reply:
        return self.answer(self.body("", {}, code))

    def unsigned(self) -> Iterator[Reply]:
        for code in {row for table in tables(codes) for row in table} | {"QTC006", "QT0010"}:
            fields = {"rspHeader": {"rspCode": code, "rspInfo": "不行"}}
            yield Reply(200, {}, json.dumps(fields).encode())
            yield Reply(200, {}, json.dumps(fields | {"rspBody": self.body("X", {})}).encode())
        forged = {"rspHeader": {"rspCode": "000000"}, "rspBody": self.body("X", {}), "rspSign": ""}
        yield Reply(200, {}, json.dumps(forged).encode())

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        return self.notification(payment_no, "0", amount_minor)

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        return self.notification(payment_no, "1")

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        return self.notification(payment_no, "0", mer_code="850000000000002")
