"""A checkout to look at, in any state."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.internal import Checkout
from gateway.channels.registry import PLUGINS

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
PAYMENT_NO = "P01JD0000000000000000000000"

TOKEN = f"{PAYMENT_NO}.{'a' * 22}"
WECHAT, ALIPAY, EASY = "C" + "W" * 26, "C" + "A" * 26, "C" + "E" * 26
OFFERS: list[dict[str, Any]] = [
    {"payment_id": WECHAT, "channel": "wechat", "method": "native",
     "ways": ["native", "jsapi", "h5"], "wallet": "wechat"},
    {"payment_id": ALIPAY, "channel": "alipay", "method": "native",
     "ways": ["native", "jsapi", "h5"], "wallet": "alipay"},
    {"payment_id": EASY, "channel": "easy", "method": "cashier", "ways": ["cashier"]},
]  # fmt: skip

LOOKS = {name: plugin.seen_by_payers() for name, plugin in PLUGINS.items()}
WALLETS = {name: plugin.wallet for name, plugin in PLUGINS.items() if plugin.wallet}

MakeCheckout = Callable[..., Checkout]


def refund_of(payment: dict[str, Any]) -> dict[str, Any]:
    copied = (
        "payment_no", "merchant_order_no", "channel_trade_no", "merchant_id", "payment_id",
        "amount", "currency",
    )  # fmt: skip
    return {
        **{name: payment[name] for name in copied},
        "refund_no": "R1",
        "merchant_refund_no": "T1",
        "channel_refund_no": None,
        "status": "succeeded",
        "reason": None,
        "cause": "requested",
        "created_at": NOW,
        "refunded_at": NOW,
        "failure": None,
    }


@pytest.fixture
def checkout() -> MakeCheckout:
    """`checkout(status="pending", order="open", payment_id=None, action=None, …)`; `others` are
    further attempts and `refunds` refunds, told by what is different."""

    def make(
        status: str = "pending", order: str = "open", *, offers: int = 2, **facts: Any
    ) -> Checkout:
        subject = facts.pop("subject", "物业费 11月")
        common = {
            "merchant_order_no": "W-1",
            "merchant_id": "M1",
            "amount": 129900,
            "currency": "CNY",
            "amount_refunded": 0,
            "subject": subject,
            "created_at": NOW - timedelta(minutes=5),
            "expires_at": facts.pop("expires_at", NOW + timedelta(hours=1)),
        }
        merchant_name = facts.pop("merchant_name", "阳光物业")
        return_url = facts.pop("return_url", None)
        others, refunds = facts.pop("others", ()), facts.pop("refunds", ())
        payment = {
            "payment_no": PAYMENT_NO,
            "channel_trade_no": None,
            "payment_id": None,
            "channel": None,
            "method": "cashier",
            "status": status,
            "action": None,
            "paid_at": None,
            "metadata": {},
            "failure": None,
            **facts,
        }
        shown = {**common, **payment}
        return Checkout.model_validate(
            {
                "payment": shown,
                "order": {**common, "status": order, "amount_paid": 0},
                "merchant_name": merchant_name,
                "offers": OFFERS[:offers],
                "return_url": return_url,
                "app_id": "A1",
                "sequence": 3,
                "looks": LOOKS,
                "wallets": WALLETS,
                "page_url": f"https://cashier.example/pay/{TOKEN}",
                "payments": [shown, *({**shown, **each} for each in others)],
                "refunds": [{**refund_of(shown), **each} for each in refunds],
            }
        )

    return make
