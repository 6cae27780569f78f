"""Stripe's events: signed JSON, sent again with longer and longer pauses until a 2xx comes back.

Each attempt is signed afresh, with a time of its own; the event stays the one it was. Stripe knows
one address per account, from its dashboard; here it is what `metadata[notify_url]` says.

Source: docs.stripe.com/webhooks, docs.stripe.com/api/events/object
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.faults import Hit, swap_one_byte
from sandbox.notifications import SignedNotification
from sandbox.stripe import objects
from sandbox.stripe.account import KIND
from sandbox.stripe.wire import VERSION
from sandbox.truth import Notification, Refund, Trade

ANSWER_WITHIN_S = 10.0
PAUSES_S = (60, 300, 1800, 7200, 18_000, 36_000, 43_200, 43_200, 43_200)


@dataclass(frozen=True, slots=True)
class StripeNotifications:
    """The form of Stripe's events, see `sandbox.notifications.NotificationForm`."""

    deps: Deps
    timeout_s: float = ANSWER_WITHIN_S

    def pauses_s(self, trade: Trade) -> Sequence[float]:
        return PAUSES_S

    def write(
        self, notification: Notification, trade: Trade, refund: Refund | None, hit: Hit
    ) -> SignedNotification:
        kind, members = self._event(trade, refund, hit)
        event = {
            "id": f"evt_1{notification.notice_id.replace('-', '')[:23]}",
            "object": "event",
            "api_version": VERSION,
            "created": int(notification.created_at),
            "data": {"object": members},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        body = orjson.dumps(event, option=orjson.OPT_INDENT_2)
        account = self.deps.accounts(KIND).get(trade.merchant)
        header = signature(body, account.webhook_secret, int(now()))
        if "tamper" in hit:
            body = swap_one_byte(body)
        return SignedNotification(
            body, {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header}
        )

    def is_acknowledged(self, status: int, body: bytes) -> bool:
        return 200 <= status < 300

    def _event(self, trade: Trade, refund: Refund | None, hit: Hit) -> tuple[str, objects.Object]:
        if refund is not None:
            if "metadata" not in refund.details:  # made by a person, in the dashboard
                return "charge.refunded", objects.charge(self.deps, trade)
            kind = "refund.failed" if refund.state == "abnormal" else "refund.updated"
            return kind, objects.refund(trade, refund, hit)
        if "dispute" in trade.details:
            kind = "closed" if "won_at" in trade.details["dispute"] else "created"
            return f"charge.dispute.{kind}", objects.dispute(self.deps, trade)
        if trade.product == "session":
            return "checkout.session.completed", objects.session(self.deps, trade, hit=hit)
        return "payment_intent.succeeded", objects.intent(self.deps, trade, hit=hit)


def signature(body: bytes, secret: str, at: int) -> str:
    """`t=…,v1=…`, and a scheme of tests (v0) that nobody may believe."""
    made = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={made},v0={'0' * 64}"
