"""One order, two channels, and a payer who pays at both."""

import asyncio
from typing import Any

import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_user_pays_twice_through_two_channels_for_one_order(hasty_harness: Harness) -> None:
    """The first success is kept; the other goes back in full by itself, and is told so."""
    harness = hasty_harness
    # So that both can be paid: 微信 does not hear that it should close; 易生 has no such call.
    await harness.fault(channel="wechat", operation="close", fault="drop_request")
    await asyncio.gather(
        _pays_twice(harness, first="wechat", second="alipay"),
        _pays_twice(harness, first="easy", second="wechat"),
    )


async def _pays_twice(harness: Harness, *, first: str, second: str) -> None:
    body = harness.request(first)
    older = await harness.created(body)
    newer = await _as_soon_as_allowed(harness, harness.request(second) | _order_of(body))
    await harness.pays(newer["payment_no"])
    await harness.becomes(newer["payment_no"], "succeeded")
    await harness.pays(older["payment_no"])
    await harness.receives("payment.succeeded", older["payment_no"])

    order = await all_books.agree(harness, body, urgent=True)
    (refund,) = order["refunds"]
    assert (order["status"], order["amount_paid"], order["amount_refunded"]) == ("paid", AMOUNT, 0)
    assert (refund["payment_no"], refund["amount"]) == (older["payment_no"], AMOUNT)
    assert (refund["cause"], refund["status"]) == ("duplicate", "succeeded")
    assert "payment.duplicate" in await harness.alerts(older["payment_no"])
    trade = await harness.trade(older["payment_no"])
    assert trade is not None
    assert [each["amount"] for each in trade["refunds"]] == [AMOUNT]


async def _as_soon_as_allowed(harness: Harness, body: dict[str, Any]) -> dict[str, Any]:
    """The next payment of the order, when its window (here a second) is over."""
    payment: dict[str, Any] = {}

    async def is_created() -> bool:
        answer = await harness.ask(body)
        assert answer.status_code == 201 or answer.json()["code"] == "too_soon", answer.text
        payment.update(answer.json())
        return answer.status_code == 201

    await eventually(is_created)
    return payment


def _order_of(body: dict[str, Any]) -> dict[str, Any]:
    return {"merchant_order_no": body["merchant_order_no"]}
