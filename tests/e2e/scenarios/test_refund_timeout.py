"""Nobody knows whether the channel has the refund."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY
from tests.e2e.harness import Harness
from tests.e2e.journey import AMOUNT

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("fault", ["drop_answer", "drop_request", "status_500"])
async def test_refund_timeout(harness: Harness, fault: str) -> None:
    """It stays on its way under the same number, no other refund takes its room, and the money
    goes back once."""
    await asyncio.gather(*(_goes_back_once(harness, channel, fault) for channel in EVERY))


async def _goes_back_once(harness: Harness, channel: str, fault: str) -> None:
    body = harness.request(channel)
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    await harness.fault(
        channel=channel, operation="refund", fault=fault, times=1, payment_no=payment["payment_no"]
    )
    refund_no = await harness.refunded(payment, AMOUNT)
    another = await harness.ask_refund(payment, 1)
    assert (another.status_code, another.json()["code"]) == (409, "refund_exceeds_paid")
    await harness.looked_at_until(lambda: _has_gone_back(harness, refund_no), refund_no)

    order = await all_books.agree(harness, body)
    assert [each["refund_no"] for each in order["refunds"]] == [refund_no]
    trade = await harness.trade(payment["payment_no"])
    assert trade is not None
    assert [(each["refund_no"], each["amount"]) for each in trade["refunds"]] == [
        (refund_no, AMOUNT)
    ]


async def _has_gone_back(harness: Harness, refund_no: str) -> bool:
    status: str = (await harness.api.get(f"/v1/refunds/{refund_no}")).json()["status"]
    assert status in ("processing", "succeeded")
    return status == "succeeded"
