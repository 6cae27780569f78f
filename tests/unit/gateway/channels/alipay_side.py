"""Alipay's gateway from its own end. Source: opendocs.alipay.com/common/02kf5q, 02mse7, 05osv9"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.unit.gateway.channels.channel_side import (
    BEIJING,
    CHANNEL_NO,
    MERCHANT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    AnySide,
    Asked,
    Pair,
    as_texts,
    tables,
)

from contracts.api import Method
from gateway.channels import alipay
from gateway.channels.alipay import codes
from gateway.channels.alipay.wire import GATEWAY_CODES
from gateway.channels.plugin import RawNotification, Reply, Request

APP_ID = "2021000100000001"
SELLER_ID = "2088000000000001"
TRADE_NO = "2026013122001400000000000001"
SETTLE_NO = "20260131002530070036530000000001"


def text_to_sign(params: Mapping[str, str], *without: str) -> bytes:
    kept = sorted((name, value) for name, value in params.items() if name not in without and value)
    return "&".join(f"{name}={value}" for name, value in kept).encode()


class AlipaySide(AnySide):
    plugin = alipay.PLUGIN

    def __init__(self) -> None:
        super().__init__()
        self.app, self.platform = Pair(), Pair()
        self.certificate_sn = ""

    def credentials(self) -> dict[str, Any]:
        return {
            "gateway_url": "https://alipay.example/gateway.do",
            "app_id": APP_ID,
            "app_private_key_pem": self.app.private_pem,
            "alipay_public_key_pem": self.platform.public_pem,
        }

    def asked(self, request: Request) -> Asked:
        url = urlsplit(request.url)
        # The gateway reads `+` as a space, in the address as in the form.
        query = parse_qsl(url.query, strict_parsing=True, keep_blank_values=True)
        form = parse_qsl(request.body.decode("ascii"), keep_blank_values=True)
        assert not {name for name, _ in query} & {name for name, _ in form}
        assert bool(form) == (request.verb == "POST")
        params = dict(query + form)
        assert self.app.is_signed(text_to_sign(params, "sign"), params["sign"])
        assert params["app_id"] == APP_ID
        assert params["timestamp"] == f"{NOW.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
        assert [params[name] for name in ("format", "charset", "sign_type", "version")] == [
            "JSON", "utf-8", "RSA2", "1.0",
        ]  # fmt: skip
        content = json.loads(params["biz_content"])
        return Asked(params["method"], content | {"": params})

    def answer(self, method: str, content: dict[str, Any], code: object = "10000") -> Reply:
        """PHP escapes slashes, and so does Alipay: the signature covers the text as it stands."""
        shown = self.change({"code": code, "msg": "Success"} | content)
        node = json.dumps(shown, ensure_ascii=False)
        node = node.replace("/", r"\/")
        serial = f'"alipay_cert_sn":"{self.certificate_sn}",' if self.certificate_sn else ""
        name = method.replace(".", "_") + "_response"
        body = f'{{"{name}":{node},{serial}"sign":"{self.platform.sign(node.encode())}"}}'
        return Reply(200, {"content-type": "text/html;charset=utf-8"}, body.encode())

    def business_refusal(self, method: str, code: str) -> Reply:
        refusal = {"msg": "Business Failed", "sub_code": f"ACQ.{code}", "sub_msg": "不行"}
        return self.answer(method, refusal, "40004")

    def gateway_refusal(self, method: str, code: str, sub_code: str) -> Reply:
        node = {"code": code, "msg": "…", "sub_code": sub_code, "sub_msg": "不行"}
        body = json.dumps({method.replace(".", "_") + "_response": node}).encode()
        return Reply(200, {}, body)

    def trade(self, payment_no: str, state: str, amount: str = "12.99") -> dict[str, Any]:
        content = {
            "trade_no": TRADE_NO,
            "out_trade_no": payment_no,
            "trade_status": state,
            "total_amount": amount,
            "buyer_logon_id": "138****0000",
        }
        if state in ("TRADE_SUCCESS", "TRADE_FINISHED"):
            content["send_pay_date"] = "2026-01-31 12:00:05"
        return content

    def notification(self, fields: dict[str, str], **changed: str) -> RawNotification:
        all_fields = {
            "notify_time": "2026-01-31 12:00:06",
            "notify_type": "trade_status_sync",
            "notify_id": "ac05099524730693a8b330c5ecf72da9786",
            "charset": "utf-8",
            "version": "1.0",
            "sign_type": "RSA2",
            "app_id": APP_ID,
            "seller_id": SELLER_ID,
            "subject": "物业费 11月",
            **fields,
            **changed,
        }
        all_fields = as_texts(self.change({**all_fields}))
        signature = self.platform.sign(text_to_sign(all_fields, "sign", "sign_type"))
        body = urlencode(all_fields | {"sign": signature}).encode()
        return RawNotification({"content-type": "application/x-www-form-urlencoded"}, body)

    def trade_fields(self, payment_no: str, state: str, amount: str = "12.99") -> dict[str, str]:
        fields = {
            "trade_no": TRADE_NO,
            "out_trade_no": payment_no,
            "trade_status": state,
            "total_amount": amount,
        }
        if state in ("TRADE_SUCCESS", "TRADE_FINISHED"):
            fields["gmt_payment"] = "2026-01-31 12:00:05"
        return fields

    # ── the Side of the conformance suite ──

    def prepared(self, method: Method, payment_no: str) -> Reply:
        match method:
            case Method.NATIVE:
                content = {"out_trade_no": payment_no, "qr_code": "https://qr.alipay.com/bax1"}
                return self.answer("alipay.trade.precreate", content)
            case Method.BARCODE:
                content = {
                    "out_trade_no": payment_no,
                    "trade_no": TRADE_NO,
                    "total_amount": "12.99",
                    "gmt_payment": "2026-01-31 12:00:05",
                }
                return self.answer("alipay.trade.pay", content)
            case _:
                content = {"out_trade_no": payment_no, "trade_no": TRADE_NO}
                return self.answer("alipay.trade.create", content)

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        amount = f"{amount_minor // 100}.{amount_minor % 100:02d}"
        content = self.trade(payment_no, "TRADE_SUCCESS", amount)
        return self.answer("alipay.trade.query", content)

    def unpaid(self, payment_no: str) -> Reply:
        return self.answer("alipay.trade.query", self.trade(payment_no, "WAIT_BUYER_PAY"))

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.answer("alipay.trade.query", self.trade(payment_no, "UNHEARD_OF"))

    def closed(self, method: Method, payment_no: str) -> Reply:
        verb = "cancel" if method is Method.BARCODE else "close"
        content = {"trade_no": TRADE_NO, "out_trade_no": payment_no, "retry_flag": "N"}
        return self.answer(f"alipay.trade.{verb}", content)

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        content = {"trade_no": TRADE_NO, "out_trade_no": payment_no, "fund_change": "N"}
        return self.answer("alipay.trade.refund", content)

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        content = {
            "trade_no": TRADE_NO,
            "out_trade_no": payment_no,
            "out_request_no": refund_no,
            "refund_status": "REFUND_SUCCESS",
            "refund_amount": "5.00",
            "total_amount": "12.99",
            "gmt_refund_pay": "2026-01-31 12:00:09",
        }
        return self.answer("alipay.trade.fastpay.refund.query", content)

    def split_taken(self, split_no: str) -> Reply:
        content = {"trade_no": CHANNEL_NO, "settle_no": SETTLE_NO}
        return self.answer("alipay.trade.order.settle", content)

    def split_reply(self, split_no: str, shares: Mapping[str, tuple[int, str]]) -> Reply:
        names = {"processing": "PROCESSING", "succeeded": "SUCCESS", "failed": "FAIL"}
        details = [
            {
                "operation_type": "transfer",
                "trans_in": account,
                "amount": f"{amount // 100}.{amount % 100:02d}",
                "state": names.get(state, state),
            }
            | ({"error_code": "ROYALTY_RECEIVER_INVALID"} if state == "failed" else {})
            for account, (amount, state) in shares.items()
        ]
        # The trade's own settlement stands beside the shares.
        settled = {"operation_type": "settle", "trans_in": MERCHANT, "amount": "7.00"}
        content = {
            "out_request_no": split_no,
            "operation_dt": "2026-01-31 12:00:08",
            "royalty_detail_list": [*details, settled | {"state": "SUCCESS"}],
        }
        return self.answer("alipay.trade.order.settle.query", content)

    def refused(self, code: str) -> Reply:
        """Any method may be answered under `error_response`."""
        node = {"code": "40004", "msg": "…", "sub_code": code, "sub_msg": "不行"}
        text = json.dumps(node)
        body = f'{{"error_response":{text},"sign":"{self.platform.sign(text.encode())}"}}'
        return Reply(200, {}, body.encode())

    def unsigned(self) -> Iterator[Reply]:
        """Alipay does not sign for whom it could not verify; and anybody can leave a sign out."""
        for code in GATEWAY_CODES:
            body = {"error_response": {"code": code, "msg": "…", "sub_code": "isv.x"}}
            yield Reply(200, {}, json.dumps(body).encode())
        for code in {row for table in tables(codes) for row in table}:
            node = {"code": "40004", "msg": "…", "sub_code": f"ACQ.{code}", "sub_msg": "不行"}
            yield Reply(200, {}, json.dumps({"error_response": node}).encode())

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        amount = f"{amount_minor // 100}.{amount_minor % 100:02d}"
        return self.notification(self.trade_fields(payment_no, "TRADE_SUCCESS", amount))

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        return self.notification(self.trade_fields(payment_no, "UNHEARD_OF"))

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        return self.notification(
            self.trade_fields(payment_no, "TRADE_SUCCESS"), app_id="2021000100000002"
        )

    def refund_notification(self, **changed: str) -> RawNotification:
        fields = self.trade_fields(PAYMENT_NO, "TRADE_SUCCESS") | {
            "refund_fee": "7.00",
            "gmt_refund": "2026-01-31 12:00:09.123",
            "out_biz_no": REFUND_NO,
        }
        return self.notification(fields, **changed)
