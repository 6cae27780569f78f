"""Rule `twice-late-out-of-order`.

Third parties send each notice more than once, and at once.
"""

import pytest
from tests.e2e import books
from tests.e2e.journey import AMOUNT
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("channel", ["wechat", "alipay", "easy"])
async def test_notices_that_come_twice_at_once_are_one_success(shop: Shop, channel: str) -> None:
    await shop.fault(channel=channel, operation="notice", fault="duplicate")
    body = shop.request(channel)
    payment = await shop.created(body)
    await shop.pays(payment["payment_no"])
    await shop.becomes(payment["payment_no"], "succeeded")
    refund_no = await shop.refunded(payment, 500)
    await shop.looked_at_until(lambda: _has_gone_back(shop, refund_no), refund_no)
    order = await books.agree(shop, body)
    assert (order["amount_paid"], order["amount_refunded"]) == (AMOUNT, 500)


async def _has_gone_back(shop: Shop, refund_no: str) -> bool:
    return bool((await shop.api.get(f"/v1/refunds/{refund_no}")).json()["status"] == "succeeded")
