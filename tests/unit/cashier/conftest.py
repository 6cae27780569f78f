"""A checkout to look at, in any state."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.internal import Checkout

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
PAYMENT_NO = "P01JD0000000000000000000000"

MakeCheckout = Callable[..., Checkout]


@pytest.fixture
def checkout() -> MakeCheckout:
    """`checkout(status="pending", order="open", payment_id=None, action=None, …)`."""

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
        channels = ["wechat", "alipay"][:offers]
        return Checkout.model_validate(
            {
                "payment": {**common, **payment},
                "order": {**common, "status": order, "amount_paid": 0},
                "merchant_name": merchant_name,
                "offers": [
                    {"payment_id": "C" + channel[0] * 26, "channel": channel, "method": "native"}
                    for channel in channels
                ],
                "return_url": return_url,
            }
        )

    return make
