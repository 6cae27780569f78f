"""Nobody knows whether the channel has the refund."""

import asyncio

import pytest
from tests.e2e import books
from tests.e2e.journey import AMOUNT
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("fault", ["drop_answer", "drop_request", "status_500"])
async def test_refund_timeout(shop: Shop, fault: str) -> None:
    """It stays on its way under the same number, no other refund takes its room, and the money
    goes back once."""
    await asyncio.gather(
        *(_goes_back_once(shop, channel, fault) for channel in ("wechat", "alipay", "easy"))
    )


async def _goes_back_once(shop: Shop, channel: str, fault: str) -> None:
    body = shop.request(channel)
    payment = await shop.created(body)
    await shop.pays(payment["payment_no"])
    await shop.becomes(payment["payment_no"], "succeeded")
    await shop.fault(
        channel=channel, operation="refund", fault=fault, times=1, payment_no=payment["payment_no"]
    )
    refund_no = await shop.refunded(payment, AMOUNT)
    another = await shop.ask_refund(payment, 1)
    assert (another.status_code, another.json()["code"]) == (409, "refund_exceeds_paid")
    await shop.looked_at_until(lambda: _has_gone_back(shop, refund_no), refund_no)

    order = await books.agree(shop, body)
    assert [each["refund_no"] for each in order["refunds"]] == [refund_no]
    trade = await shop.trade(payment["payment_no"])
    assert trade is not None
    assert [(each["refund_no"], each["amount"]) for each in trade["refunds"]] == [
        (refund_no, AMOUNT)
    ]


async def _has_gone_back(shop: Shop, refund_no: str) -> bool:
    status: str = (await shop.api.get(f"/v1/refunds/{refund_no}")).json()["status"]
    assert status in ("processing", "succeeded")
    return status == "succeeded"
