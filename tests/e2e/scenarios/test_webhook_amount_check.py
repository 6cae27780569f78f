"""The channel took another amount than we asked for, or says so."""

import asyncio

import pytest
from tests.e2e import books
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHANNELS = ("wechat", "alipay", "easy")


@pytest.mark.parametrize("notify", [True, False], ids=["webhook", "query"])
async def test_webhook_amount_check(shop: Shop, notify: bool) -> None:
    """A conflict for a person; never booked, never told as success."""
    await asyncio.gather(
        *(_is_in_conflict(shop, channel, amount=1, notify=notify) for channel in CHANNELS)
    )


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_webhook_that_names_another_amount_than_was_taken(shop: Shop, channel: str) -> None:
    await shop.fault(channel=channel, operation="notice", fault="wrong_amount")
    await _is_in_conflict(shop, channel)


async def _is_in_conflict(shop: Shop, channel: str, **how: int) -> None:
    body = shop.request(channel)
    number = (await shop.created(body))["payment_no"]
    await shop.pays(number, **how)
    await shop.time_comes(number)
    told = await shop.hears("payment.conflicted", number)
    assert told.data["failure"]["code"] == "conflict"
    order = await books.agree(shop, body)
    assert (order["status"], order["amount_paid"]) == ("open", 0)
    assert await shop.balances([number]) == {}
    assert await shop.alerts(number) == {"payment.conflicted"}
    refused = await shop.ask_refund(order["payments"][0], 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_not_refundable")
