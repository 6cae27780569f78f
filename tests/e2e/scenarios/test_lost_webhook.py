"""The payer has paid, and nobody ever tells us."""

import asyncio

import pytest
from tests.e2e import books
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_lost_webhook(shop: Shop) -> None:
    """Found by asking from the fifth second on, whatever the order's own time."""
    usual = (_paid_silently(shop, channel) for channel in ("wechat", "alipay", "easy"))
    await asyncio.gather(*usual, _paid_silently(shop, "wechat", expires_in_s=2))


async def _paid_silently(shop: Shop, channel: str, **changes: int) -> None:
    body = shop.request(channel, **changes)
    payment = await shop.created(body)
    await shop.pays(payment["payment_no"], notify=False)
    told = await shop.hears("payment.succeeded", payment["payment_no"])
    order = await books.agree(shop, body)
    trade = await shop.trade(payment["payment_no"])
    assert trade is not None
    assert trade["notices"] == []
    assert (order["status"], told.data["channel_trade_no"]) == ("paid", trade["channel_trade_no"])
