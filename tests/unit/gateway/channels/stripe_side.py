"""Stripe from its own end. Source: docs.stripe.com/api, docs.stripe.com/webhooks

It signs no answers; a request that is not the one its key was first used with is refused.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.unit.gateway.channels.channel_side import NOW, AnySide, Asked, tables

from contracts.api import Method
from gateway.channels import stripe
from gateway.channels.plugin import RawNotification, Reply, Request
from gateway.channels.stripe import codes

ACCOUNT_ID = "acct_1PgafTB1WZ2YqpXk"
SESSION_ID, INTENT_ID = "cs_test_a1b2c3", "pi_3PgafTB1WZ2YqpXk"
CREATED = int(NOW.timestamp())
HEADERS = {"request-id": "req_Xk1", "content-type": "application/json"}
FAILURES = ("invalid_request_error", "api_error", "card_error", "idempotency_error")

Object = dict[str, Any]


class StripeSide(AnySide):
    plugin = stripe.PLUGIN
    signs_answers = False

    def __init__(self) -> None:
        super().__init__()
        self.secret_key = f"sk_test_51{secrets.token_hex(40)}"
        self.webhook_secret = f"whsec_{secrets.token_hex(16)}"
        self._keys: dict[str, bytes] = {}

    def credentials(self) -> dict[str, Any]:
        return {
            "account_id": ACCOUNT_ID,
            "secret_key": self.secret_key,
            "publishable_key": f"pk_test_51{secrets.token_hex(40)}",
            "webhook_secret": self.webhook_secret,
        }

    def asked(self, request: Request) -> Asked:
        parts = urlsplit(request.url)
        assert request.headers["Authorization"] == f"Bearer {self.secret_key}"
        assert request.headers["Stripe-Version"] == "2026-10-28.endive"
        pairs = parse_qsl(parts.query or request.body.decode(), strict_parsing=bool(parts.query))
        fields = dict(pairs)
        assert len(fields) == len(pairs)
        if request.verb == "GET":
            assert request.body == b""
        if parts.path in ("/v1/checkout/sessions", "/v1/payment_intents", "/v1/refunds"):
            assert (request.verb == "POST") == ("Idempotency-Key" in request.headers)
        if parts.path == "/v1/refunds" and request.verb == "POST":
            key = request.headers["Idempotency-Key"]
            assert self._keys.setdefault(key, request.body) == request.body
        for name, value in fields.items():
            assert value, name
            assert len(value) <= (5000 if "url" in name else 500), name
        return Asked(parts.path, fields)

    # ── objects ──

    def session(self, payment_no: str, **changed: Any) -> Object:
        """As it comes: with nulls, and with members of a later release."""
        return {
            "id": SESSION_ID,
            "object": "checkout.session",
            "amount_subtotal": 1299,
            "amount_total": 1299,
            "client_reference_id": payment_no,
            "created": CREATED,
            "currency": "cny",
            "customer": None,
            "livemode": False,
            "metadata": {"payment_no": payment_no},
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "url": f"https://checkout.stripe.com/c/pay/{SESSION_ID}#fid",
            "of_a_later_release": [{"a": None}],
        } | changed

    def paid_session(self, payment_no: str, amount_minor: int = 1299, **changed: Any) -> Object:
        paid = {
            "status": "complete",
            "payment_status": "paid",
            "amount_total": amount_minor,
            "payment_intent": self.paid_intent(payment_no, amount_minor),
        }
        return self.session(payment_no, **(paid | changed))

    def intent(self, payment_no: str, **changed: Any) -> Object:
        return {
            "id": INTENT_ID,
            "object": "payment_intent",
            "amount": 1299,
            "amount_received": 0,
            "cancellation_reason": None,
            "client_secret": f"{INTENT_ID}_secret_x",
            "created": CREATED,
            "currency": "cny",
            "latest_charge": None,
            "livemode": False,
            "metadata": {"payment_no": payment_no},
            "status": "requires_payment_method",
        } | changed

    def paid_intent(self, payment_no: str, amount_minor: int = 1299, **changed: Any) -> Object:
        paid = {
            "status": "succeeded",
            "amount": amount_minor,
            "amount_received": amount_minor,
            "latest_charge": self.charge(payment_no, amount_minor),
        }
        return self.intent(payment_no, **(paid | changed))

    def charge(self, payment_no: str, amount_minor: int = 1299, **changed: Any) -> Object:
        return {
            "id": "ch_3PgafTB1WZ2YqpXk",
            "object": "charge",
            "amount": amount_minor,
            "amount_captured": amount_minor,
            "amount_refunded": 0,
            "captured": True,
            "created": CREATED + 5,
            "currency": "cny",
            "livemode": False,
            "metadata": {"payment_no": payment_no},
            "payment_intent": INTENT_ID,
            "status": "succeeded",
        } | changed

    def refund(self, refund_no: str, payment_no: str, **changed: Any) -> Object:
        return {
            "id": "re_3PgafTB1WZ2YqpXk",
            "object": "refund",
            "amount": 500,
            "charge": "ch_3PgafTB1WZ2YqpXk",
            "created": CREATED,
            "currency": "cny",
            "metadata": {"refund_no": refund_no, "payment_no": payment_no},
            "payment_intent": INTENT_ID,
            "reason": None,
            "status": "succeeded",
        } | changed

    def listed(self, *rows: Object, has_more: bool = False) -> Object:
        return {"object": "list", "data": list(rows), "has_more": has_more, "url": "/v1/…"}

    def answer(self, content: Object) -> Reply:
        content = self.change(content)
        return Reply(200, HEADERS, json.dumps(content, ensure_ascii=False, indent=2).encode())

    def error(self, status: int, **error: Any) -> Reply:
        content = {"error": {"type": "invalid_request_error", "message": "…", **error}}
        return Reply(status, HEADERS, json.dumps(content).encode())

    def event(self, shown: Object, at: int = CREATED, **changed: Any) -> RawNotification:
        event = {
            "id": "evt_1",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": at,
            "data": {"object": self.change(shown), "previous_attributes": None},
            "livemode": False,
            "request": {"id": None, "idempotency_key": None},
            "type": f"{shown.get('object')}.updated",
        } | changed
        return self.signed(json.dumps(event, indent=2).encode(), at)

    def signed(self, body: bytes, at: int = CREATED, *secrets_: str) -> RawNotification:
        made = [
            hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
            for secret in secrets_ or (self.webhook_secret,)
        ]
        header = ",".join([f"t={at}", *(f"v1={each}" for each in made), f"v0={'0' * 64}"])
        return RawNotification({"stripe-signature": header}, body)

    # ── the Side of the conformance suite ──

    def prepared(self, method: Method, payment_no: str) -> Reply:
        is_app = method is Method.APP
        return self.answer(self.intent(payment_no) if is_app else self.session(payment_no))

    def paid(self, payment_no: str, amount_minor: int = 1299) -> Reply:
        return self.answer(self.paid_session(payment_no, amount_minor))

    def unpaid(self, payment_no: str) -> Reply:
        return self.answer(self.session(payment_no))

    def of_unknown_state(self, payment_no: str) -> Reply:
        return self.answer(self.session(payment_no, status="UNHEARD_OF"))

    def closed(self, method: Method, payment_no: str) -> Reply:
        return self.answer(self.session(payment_no, status="expired", url=None))

    def refund_taken(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.refund(refund_no, payment_no, status="pending"))

    def refund_returned(self, refund_no: str, payment_no: str) -> Reply:
        return self.answer(self.refund(refund_no, payment_no))

    def refused(self, code: str) -> Reply:
        return self.error(400, code=code)

    def unsigned(self) -> Iterator[Reply]:
        """Without the number that Stripe gives each answer, somebody in between said it."""
        for code in {row for table in tables(codes) for row in table}:
            for status in (400, 401, 402, 403, 404, 409, 429):
                outcome = self.error(status, code=code)
                yield Reply(status, {"content-type": "application/json"}, outcome.body)

    def paid_notification(self, payment_no: str, amount_minor: int = 1299) -> RawNotification:
        shown = self.paid_session(payment_no, amount_minor, payment_intent=INTENT_ID)
        return self.event(shown, type="checkout.session.completed")

    def notification_of_unknown_state(self, payment_no: str) -> RawNotification:
        return self.event(self.paid_session(payment_no, payment_status="UNHEARD_OF"))

    def notification_for_another_merchant(self, payment_no: str) -> RawNotification:
        return self.event(self.paid_session(payment_no), account="acct_1PgafTB1WZ2YqpXm")
