"""Acme Pay from its own end, for the conformance suite."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.newcomer import acme
from tests.newcomer.acme import codes
from tests.unit.gateway.channels.channel_side import NOW, AnySide, Asked, tables

from contracts.api import Method
from gateway.channels.plugin import RawNotification, Reply, Request

SHOP, OTHER_SHOP = "10000001", "10000002"
AT = int(NOW.timestamp())


class AcmeSide(AnySide):
    plugin = acme.PLUGIN

    def __init__(self) -> None:
        super().__init__()
        self.secret = secrets.token_hex(20)

    def credentials(self) -> dict[str, Any]:
        return {"shop_id": SHOP, "secret": self.secret}

    def asked(self, request: Request) -> Asked:
        headers = request.headers
        assert headers["Acme-Shop"] == SHOP
        made = self.signed(request.body, SHOP, headers["Acme-Time"])["acme-signature"]
        assert headers["Acme-Signature"] == made
        content = json.loads(request.body)
        assert len(content.get("subject", "")) <= 64
        return Asked(urlsplit(request.url).path, content)

    def signed(self, body: bytes, shop: str = SHOP, at: str = str(AT)) -> dict[str, str]:
        text = b".".join((at.encode(), shop.encode(), body))
        made = hmac.new(self.secret.encode(), text, hashlib.sha256).hexdigest()
        return {"acme-shop": shop, "acme-time": at, "acme-signature": made}

    def answer(self, **content: Any) -> Reply:
        body = json.dumps(self.change({"code": "OK", **content})).encode()
        return Reply(200, self.signed(body), body)

    def content(self, number: str, state: str, amount_minor: int = 1299) -> dict[str, Any]:
        known = {"amount": amount_minor, "currency": "CNY", "done_at": AT + 5, "acme_no": "X1"}
        return {"number": number, "state": state, **known}

    def notification(self, content: dict[str, Any], shop: str = SHOP) -> RawNotification:
        body = json.dumps(self.change(content)).encode()
        return RawNotification(self.signed(body, shop), body)

    def prepared(self, method: Method, payment_no: str) -> Reply:
        return self.answer(number=payment_no, qr_code="https://acme.example/q/1")

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        return self.answer(**self.content(payment_no, "done", amount_minor))

    def unpaid(self, payment_no: str) -> Reply:
        return self.answer(**self.content(payment_no, "open"))

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.answer(**self.content(payment_no, "UNHEARD_OF"))

    def closed(self, method: Method, payment_no: str) -> Reply:
        return self.answer(number=payment_no)

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(**self.content(refund_no, "open", 500))

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(**self.content(refund_no, "done", 500))

    def refused(self, code: str) -> Reply:
        body = json.dumps({"code": code, "message": "不行"}).encode()
        return Reply(400, self.signed(body), body)

    def unsigned(self) -> Iterator[Reply]:
        for code in {row for table in tables(codes) for row in table}:
            yield Reply(400, {}, self.refused(code).body)

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        return self.notification(self.content(payment_no, "done", amount_minor))

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        return self.notification(self.content(payment_no, "UNHEARD_OF"))

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        return self.notification(self.content(payment_no, "done"), OTHER_SHOP)
