"""The payer has paid, and nobody ever tells us."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_lost_webhook(harness: Harness) -> None:
    """Found by asking from the fifth second on, whatever the order's own time."""
    usual = (_paid_silently(harness, channel) for channel in EVERY)
    await asyncio.gather(_paid_silently(harness, "wechat", expires_in_s=4), *usual)


async def _paid_silently(harness: Harness, channel: str, **changes: int) -> None:
    body = harness.request(channel, **changes)
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"], notify=False)
    callback = await harness.receives("payment.succeeded", payment["payment_no"])
    order = await all_books.agree(harness, body)
    trade = await harness.trade(payment["payment_no"])
    assert trade is not None
    assert trade["notices"] == []
    assert (order["status"], callback.data["channel_trade_no"]) == (
        "paid",
        trade["channel_trade_no"],
    )
