"""易生 from its own end. Source: apifox.com/apidoc/docs-site/2466304"""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from tests.unit.gateway.channels.channel_side import (
    BEIJING,
    MOMENT,
    NOW,
    AnySide,
    Asked,
    Pair,
    order,
    refunding,
    tables,
)

from contracts.api import Method
from gateway.channels import easy
from gateway.channels.easy import codes
from gateway.channels.plugin import RawNotification, Reply, Request

ORG_ID, MER_CODE, TERM_NO = "ORG000000001215", "850000000000001", "12345678"


def text_to_sign(biz_data: Mapping[str, Any]) -> bytes:
    kept = sorted((name, value) for name, value in biz_data.items() if name != "sign" and value)
    return "&".join(f"{name}={value}" for name, value in kept).encode()


class EasySide(AnySide):
    plugin = easy.PLUGIN
    tells_amounts = False
    tells_refund_amounts = False
    tells_numbers = False
    tells_paid_at = False

    def __init__(self) -> None:
        super().__init__()
        self.org, self.platform = Pair(), Pair()

    def credentials(self) -> dict[str, Any]:
        return {
            "base_url": "https://easy.example",
            "org_id": ORG_ID,
            "mer_code": MER_CODE,
            "term_no": TERM_NO,
            "org_private_key_pem": self.org.private_pem,
            "easypay_public_key_pem": self.platform.public_pem,
        }

    def asked(self, request: Request) -> Asked:
        content = json.loads(request.body)
        assert request.verb == "POST"
        assert request.headers["Content-Type"].startswith("application/json")
        assert content["orgId"] == ORG_ID
        assert content["signType"] == "RSA2"
        trace = content["orgTrace"]
        assert len(trace) == 28
        assert trace.startswith(f"ORG01215{NOW.astimezone(BEIJING):%Y%m%d%H%M%S}")
        assert trace[-6:].isdigit()
        assert self.org.is_signed(text_to_sign(content["bizData"]), content["sign"])
        return Asked(urlsplit(request.url).path, content)

    def envelope(self, biz_data: dict[str, Any], **changed: Any) -> dict[str, Any]:
        biz_data = self.change(biz_data)
        return {
            "orgId": ORG_ID,
            "orgMerCode": MER_CODE,
            "orgTermNo": TERM_NO,
            "prodCode": "ISYH",
            "signType": "RSA2",
            "sysRetCode": "000000",
            "sysRetMsg": "成功",
            "bizData": biz_data,
            "sign": self.platform.sign(text_to_sign(biz_data)),
            **changed,
        }

    def answer(self, biz_data: dict[str, Any], **changed: Any) -> Reply:
        return Reply(200, {}, json.dumps(self.envelope(biz_data, **changed)).encode())

    @cached_property
    def _account(self) -> Any:
        return self.plugin.open_account(self.plugin.credentials(**self.credentials()))

    def trace_of(self, number: str) -> str:
        """易生 keeps the trace it was sent, which only the request can tell."""
        account = self._account
        if number.startswith("R"):
            call = self.plugin.refund.call(refunding(refund_no=number), account)
        else:
            method: Any = self.plugin.methods[Method.H5]
            call = method.call(order(Method.H5, payment_no=number), account)
        content = json.loads(self.plugin.wire.sign(call, account, MOMENT).body)
        return str(content["orgTrace"])

    def trade(self, number: str, code: str, amount_minor: int = 1299) -> dict[str, Any]:
        return {
            "oriOrgTrace": self.trace_of(number),
            "oriBizDate": "20260131",
            "oriBizTime": "120000",
            "outTrace": "EP20260131000001",
            "pcTrace": "PC0001",
            "tradeRetCode": code,
            "tradeRetMsg": "…",
            "transAmt": str(amount_minor),
            "payFunc": "WECHAT",
        }

    def notification(self, payment_no: str, code: str, **changed: Any) -> RawNotification:
        biz_data = {
            "tradeAmt": "1299",
            "actuallyAmt": "1298",
            "outTrace": "EP20260131000001",
            "pcTrace": "PC0001",
            "tradeDate": "20260131",
            "tradeTime": "120005",
            "tradeRetCode": code,
            "tradeRetMsg": "…",
        } | changed.pop("biz_data", {})
        trace = self.trace_of(payment_no)
        envelope = self.envelope(biz_data, orgTrace=trace, orgInfo=payment_no) | changed
        return RawNotification({"content-type": "application/json"}, json.dumps(envelope).encode())

    # ── the Side of the conformance suite ──

    def prepared(self, method: Method, payment_no: str) -> Reply:
        page = "https://easy.example/cashier/index.html?params=%7B%22payToken%22%3A%22t%22%7D"
        biz_data = {"redirectUrl": page, "tradeRetCode": "00", "tradeRetMsg": "成功"}
        return self.answer(biz_data, orgTrace=self.trace_of(payment_no))

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        return self.answer(self.trade(payment_no, "00", amount_minor))

    def unpaid(self, payment_no: str) -> Reply:
        return self.answer(self.trade(payment_no, "99"))

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.answer(self.trade(payment_no, "UNHEARD_OF"))

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer({"outTrace": "EPR1", "transAmt": "500"})

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.trade(refund_no, "00", 500))

    def refused(self, code: str) -> Reply:
        biz_data = {"tradeRetCode": code[-2:], "tradeRetMsg": "不行"}
        return self.answer(biz_data, sysRetCode=code, sysRetMsg="不行")

    def unsigned(self) -> Iterator[Reply]:
        """Without bizData nothing is signed; and a code beside other bizData is not."""
        for code in {row for table in tables(codes) for row in table}:
            fields = {"sysRetCode": f"0000{code}", "sysRetMsg": "不行"}
            yield Reply(200, {}, json.dumps(fields | {"orgId": ORG_ID}).encode())
            yield self.answer({"tradeRetCode": "00", "tradeRetMsg": "成功"}, **fields)

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        return self.notification(payment_no, "00", biz_data={"tradeAmt": str(amount_minor)})

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        return self.notification(payment_no, "UNHEARD_OF")

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        return self.notification(payment_no, "00", orgMerCode="850000000000002")
