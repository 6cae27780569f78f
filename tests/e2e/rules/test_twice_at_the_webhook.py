"""Rule `twice-late-out-of-order`.

Third parties send each notification more than once, and at once.
"""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_notifications_that_come_twice_at_once_are_one_success(harness: Harness) -> None:
    await asyncio.gather(*(_comes_twice(harness, channel) for channel in EVERY))


async def _comes_twice(harness: Harness, channel: str) -> None:
    await harness.fault(channel=channel, operation="notice", fault="duplicate")
    body = harness.request(channel)
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    refund_no = await harness.refunded(payment, 500)
    await harness.looked_at_until(lambda: _has_gone_back(harness, refund_no), refund_no)
    order = await all_books.agree(harness, body)
    assert (order["amount_paid"], order["amount_refunded"]) == (AMOUNT, 500)


async def _has_gone_back(harness: Harness, refund_no: str) -> bool:
    return bool((await harness.api.get(f"/v1/refunds/{refund_no}")).json()["status"] == "succeeded")
