"""The payer pays, the app closes and the centre asks, all in the same moment."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import CLOSING
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORDERS = 8


@pytest.mark.parametrize("channel", [*CLOSING, "easy"])
async def test_webhook_vs_close_vs_query_in_parallel(harness: Harness, channel: str) -> None:
    """Whoever wins at the channel wins everywhere: paid and told, or closed and told."""
    await harness.fault(channel=channel, operation="notice", fault="duplicate")
    await asyncio.gather(*(_all_at_once(harness, channel) for _ in range(ORDERS)))


async def _all_at_once(harness: Harness, channel: str) -> None:
    expires = {"expires_in_s": 4} if channel == "easy" else {}  # it cannot be closed before
    body = harness.request(channel, **expires)
    number = (await harness.created(body))["payment_no"]
    pays = harness.sandbox.post("/_control/pay", json={"payment_no": number})
    paying, closing, _ = await asyncio.gather(pays, harness.close(body), harness.time_comes(number))
    assert paying.status_code in (200, 409)
    assert closing.status_code == 200 or closing.json()["code"] == "order_paid", closing.text
    order = await all_books.agree(harness, body, within_s=60)
    assert order["status"] == ("paid" if paying.status_code == 200 else "closed")
